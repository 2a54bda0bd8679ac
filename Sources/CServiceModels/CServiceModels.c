#include "CServiceModels.h"
