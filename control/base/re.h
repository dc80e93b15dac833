// libre's headers, as they want to be included: they assume what a configure script defined.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifndef HAVE_STDBOOL_H
#define HAVE_STDBOOL_H 1
#endif
#ifndef HAVE_INET6
#define HAVE_INET6 1
#endif
#ifndef HAVE_SOCKLEN_T
#define HAVE_SOCKLEN_T 1
#endif

#include <re.h>

// A function of libre's that stands here in its place: libre's own calls of it come here too.
#define LIBRE_OVERRIDE __attribute__((visibility("default"), used))
