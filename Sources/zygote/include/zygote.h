#pragma once

// A module for Python's interpreter that makes it a zygote. Importing it does not return, except in the processes that are
// forked: there it fails with ImportError("forked"), so that nothing of it stays.
void *PyInit_martlet_zygote(void);
