// Everything that a translated program sees.
#ifndef MQL5HOST_MQL5_HPP
#define MQL5HOST_MQL5_HPP

#include "api.hpp"
#include "format.hpp"
#include "functions.hpp"

#endif
