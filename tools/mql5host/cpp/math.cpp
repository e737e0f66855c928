// Numbers.
namespace mql5 {

#define MQ_MATH1(name, function) \
  double name(double value) { return function(value); } 
MQ_MATH1(MathArccos, std::acos)
MQ_MATH1(MathArcsin, std::asin)
MQ_MATH1(MathArctan, std::atan)
MQ_MATH1(MathCeil, std::ceil)
MQ_MATH1(MathCos, std::cos)
MQ_MATH1(MathCosh, std::cosh)
MQ_MATH1(MathExp, std::exp)
MQ_MATH1(MathExpm1, std::expm1)
MQ_MATH1(MathFloor, std::floor)
MQ_MATH1(MathLog, std::log)
MQ_MATH1(MathLog10, std::log10)
MQ_MATH1(MathLog1p, std::log1p)
MQ_MATH1(MathRound, std::round)
MQ_MATH1(MathSin, std::sin)
MQ_MATH1(MathSinh, std::sinh)
MQ_MATH1(MathSqrt, std::sqrt)
MQ_MATH1(MathTan, std::tan)
MQ_MATH1(MathTanh, std::tanh)
#undef MQ_MATH1
double MathArccosh(double value) { return std::acosh(value); }
double MathArcsinh(double value) { return std::asinh(value); }
double MathArctanh(double value) { return std::atanh(value); }
double MathArctan2(double y, double x) { return std::atan2(y, x); }
double MathMod(double value, double divisor) { return std::fmod(value, divisor); }
double MathPow(double base, double exponent) { return std::pow(base, exponent); }
bool MathIsValidNumber(double number) { return std::isfinite(number); }

ENUM_FP_CLASS MathClassify(double value) {
  if (std::isnan(value)) return FP_NAN;
  if (std::isinf(value)) return FP_INFINITE;
  if (value == 0) return FP_ZERO;
  return std::isnormal(value) ? FP_NORMAL : FP_SUBNORMAL;
}

ushort MathSwap(ushort value) { return __builtin_bswap16(value); }
uint MathSwap(uint value) { return __builtin_bswap32(value); }
ulong MathSwap(ulong value) { return __builtin_bswap64(value); }

static uint g_random = 1;
void MathSrand(int seed) { g_random = static_cast<uint>(seed); }
int MathRand() {  // 15 bits, as in MQL5
  g_random = g_random * 214013u + 2531011u;
  return static_cast<int>(g_random >> 16 & 0x7FFF);
}

template <class T>
static int Search(CARef<T> array, T value) {  // the nearest one in an ascending array
  int count = array.Count_(), low = 0, high = count - 1;
  if (count == 0) return -1;
  while (low < high) {
    int middle = low + (high - low) / 2;
    if (array.Items_()[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low > 0 && value < array.Items_()[low] ? low - 1 : low;
}
int ArrayBsearch(CARef<double> array, double value) { return Search(array, value); }
int ArrayBsearch(CARef<float> array, float value) { return Search(array, value); }
int ArrayBsearch(CARef<mq_long> array, mq_long value) { return Search(array, value); }
int ArrayBsearch(CARef<int> array, int value) { return Search(array, value); }
int ArrayBsearch(CARef<short> array, short value) { return Search(array, value); }
int ArrayBsearch(CARef<char> array, char value) { return Search(array, value); }

}  // namespace mql5
