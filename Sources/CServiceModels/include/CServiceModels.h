#pragma once

#include <stddef.h>

/// The text of one service's model, embedded from Models/.
typedef struct {
    const unsigned char *_Nonnull bytes;
    long count;
} martlet_model_text;

long martlet_service_model_count(void);

/// The model at `index`, which must be below the count.
martlet_model_text martlet_service_model(long index);
