#ifndef CZLIB_H
#define CZLIB_H

#include <zlib.h>

/// Starts raw inflation, as ZIP archives hold it. `inflateInit2` is a macro, which Swift does not see.
static inline int czlib_inflate_init_raw(z_stream *stream) {
    return inflateInit2(stream, -MAX_WBITS);
}

/// Starts raw deflation. `deflateInit2` is a macro, which Swift does not see.
static inline int czlib_deflate_init_raw(z_stream *stream) {
    return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}

/// Inflates as far as input and room go.
static inline int czlib_inflate(z_stream *stream) {
    return inflate(stream, Z_NO_FLUSH);
}

#endif
