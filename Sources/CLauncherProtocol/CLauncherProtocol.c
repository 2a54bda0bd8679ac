#include "CLauncherProtocol.h"
