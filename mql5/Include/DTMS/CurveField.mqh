//+------------------------------------------------------------------+
//| CurveField.mqh                                                   |
//| numbers modulo 2^255-19                                          |
//+------------------------------------------------------------------+
#ifndef DTMS_CURVE_FIELD_MQH
#define DTMS_CURVE_FIELD_MQH

//--- limbs of a number: of 26 bits at even places, of 25 at odd ones, lowest first
#define DTMS_FIELD_LIMBS  10
#define DTMS_FIELD_EVEN   0x3FFFFFF
#define DTMS_FIELD_ODD    0x1FFFFFF

//+------------------------------------------------------------------+
//| CCurveField: arithmetic of Curve25519 (RFC 7748) in ten limbs of |
//| 25.5 bits, unsigned throughout. Nothing branches on or is        |
//| addressed by a value. Bounds, with R for a number behind Carry   |
//| (limbs of 26 and 25 bits and a little): Add gives 2R, Subtract   |
//| 3R; both take R only. Multiply takes up to 3R: its largest sum   |
//| is 4482*2^50, below 2^63.                                        |
//+------------------------------------------------------------------+
class CCurveField
  {
private:
   static int        Width(const int limb) { return(26-(limb&1)); }
   static ulong      Mask(const int limb) { return((limb&1)==0 ? (ulong)DTMS_FIELD_EVEN : (ulong)DTMS_FIELD_ODD); }
   static void       Carry(ulong &h[]);
   static void       Normalise(ulong &h[]);

public:
   static void       Set(ulong &h[],const ulong value);
   static void       Copy(ulong &h[],const ulong &f[]);
   static void       FromBytes(ulong &h[],const uchar &bytes[]);
   static void       ToBytes(uchar &bytes[],const ulong &f[]);
   static void       Add(ulong &h[],const ulong &f[],const ulong &g[]);
   static void       Subtract(ulong &h[],const ulong &f[],const ulong &g[]);
   static void       Multiply(ulong &h[],const ulong &f[],const ulong &g[]);
   static void       Scale(ulong &h[],const ulong &f[],const ulong factor);
   static void       Invert(ulong &h[],const ulong &f[]);
   static void       Swap(ulong &f[],ulong &g[],const ulong bit);
  };

//--- a small number, below 2^26
void CCurveField::Set(ulong &h[],const ulong value)
  {
   h[0]=value;
   for(int i=1; i<DTMS_FIELD_LIMBS; i++)
      h[i]=0;
  }

void CCurveField::Copy(ulong &h[],const ulong &f[])
  {
   for(int i=0; i<DTMS_FIELD_LIMBS; i++)
      h[i]=f[i];
  }

//--- 32 bytes, lowest first; the highest bit does not count
void CCurveField::FromBytes(ulong &h[],const uchar &bytes[])
  {
   int at=0;      // of the limb's lowest bit
   for(int i=0; i<DTMS_FIELD_LIMBS; i++)
     {
      int first=at/8;
      ulong window=0;
      for(int k=0; k<5 && first+k<32; k++)
         window|=(ulong)bytes[first+k]<<(8*k);
      h[i]=(window>>(at%8))&Mask(i);
      at+=Width(i);
     }
  }

//--- the one 32 bytes that stand for the number, below 2^255-19
void CCurveField::ToBytes(uchar &bytes[],const ulong &f[])
  {
   ulong h[DTMS_FIELD_LIMBS];
   Copy(h,f);
   Normalise(h);
   ulong window=0;
   int bits=0;
   int at=0;
   for(int i=0; i<DTMS_FIELD_LIMBS; i++)
     {
      window|=h[i]<<bits;
      bits+=Width(i);
      while(bits>=8)
        {
         bytes[at]=(uchar)(window&0xFF);
         window>>=8;
         bits-=8;
         at++;
        }
     }
   bytes[at]=(uchar)window;
  }

void CCurveField::Add(ulong &h[],const ulong &f[],const ulong &g[])
  {
   for(int i=0; i<DTMS_FIELD_LIMBS; i++)
      h[i]=f[i]+g[i];
  }

//--- f-g, with twice the modulus added so that no limb falls below zero
void CCurveField::Subtract(ulong &h[],const ulong &f[],const ulong &g[])
  {
   h[0]=f[0]+2*((ulong)DTMS_FIELD_EVEN-18)-g[0];
   for(int i=1; i<DTMS_FIELD_LIMBS; i++)
      h[i]=f[i]+2*Mask(i)-g[i];
  }

//--- schoolbook; 2^255 is 19, and two odd places meet half a bit too low, hence the factors
void CCurveField::Multiply(ulong &h[],const ulong &f[],const ulong &g[])
  {
   ulong f0=f[0],f1=f[1],f2=f[2],f3=f[3],f4=f[4],f5=f[5],f6=f[6],f7=f[7],f8=f[8],f9=f[9];
   ulong g0=g[0],g1=g[1],g2=g[2],g3=g[3],g4=g[4],g5=g[5],g6=g[6],g7=g[7],g8=g[8],g9=g[9];
   ulong d1=2*f1,d3=2*f3,d5=2*f5,d7=2*f7,d9=2*f9;
   ulong w1=19*g1,w2=19*g2,w3=19*g3,w4=19*g4,w5=19*g5,w6=19*g6,w7=19*g7,w8=19*g8,w9=19*g9;
   h[0]=f0*g0+d1*w9+f2*w8+d3*w7+f4*w6+d5*w5+f6*w4+d7*w3+f8*w2+d9*w1;
   h[1]=f0*g1+f1*g0+f2*w9+f3*w8+f4*w7+f5*w6+f6*w5+f7*w4+f8*w3+f9*w2;
   h[2]=f0*g2+d1*g1+f2*g0+d3*w9+f4*w8+d5*w7+f6*w6+d7*w5+f8*w4+d9*w3;
   h[3]=f0*g3+f1*g2+f2*g1+f3*g0+f4*w9+f5*w8+f6*w7+f7*w6+f8*w5+f9*w4;
   h[4]=f0*g4+d1*g3+f2*g2+d3*g1+f4*g0+d5*w9+f6*w8+d7*w7+f8*w6+d9*w5;
   h[5]=f0*g5+f1*g4+f2*g3+f3*g2+f4*g1+f5*g0+f6*w9+f7*w8+f8*w7+f9*w6;
   h[6]=f0*g6+d1*g5+f2*g4+d3*g3+f4*g2+d5*g1+f6*g0+d7*w9+f8*w8+d9*w7;
   h[7]=f0*g7+f1*g6+f2*g5+f3*g4+f4*g3+f5*g2+f6*g1+f7*g0+f8*w9+f9*w8;
   h[8]=f0*g8+d1*g7+f2*g6+d3*g5+f4*g4+d5*g3+f6*g2+d7*g1+f8*g0+d9*w9;
   h[9]=f0*g9+f1*g8+f2*g7+f3*g6+f4*g5+f5*g4+f6*g3+f7*g2+f8*g1+f9*g0;
   Carry(h);
  }

//--- times a number below 2^20
void CCurveField::Scale(ulong &h[],const ulong &f[],const ulong factor)
  {
   for(int i=0; i<DTMS_FIELD_LIMBS; i++)
      h[i]=f[i]*factor;
   Carry(h);
  }

//--- f to the power of 2^255-21, whose bits are all ones but for the third and the fifth; 0 gives 0
void CCurveField::Invert(ulong &h[],const ulong &f[])
  {
   ulong power[DTMS_FIELD_LIMBS];
   Copy(power,f);
   for(int bit=253; bit>=0; bit--)
     {
      Multiply(power,power,power);
      if(bit!=2 && bit!=4)
         Multiply(power,power,f);
     }
   Copy(h,power);
  }

//--- exchanges two numbers when `bit` is 1, leaves them when it is 0, with the same work either way
void CCurveField::Swap(ulong &f[],ulong &g[],const ulong bit)
  {
   ulong mask=0-bit;
   for(int i=0; i<DTMS_FIELD_LIMBS; i++)
     {
      ulong change=mask&(f[i]^g[i]);
      f[i]^=change;
      g[i]^=change;
     }
  }

//--- limbs back to their widths; the second one may keep some 16 bits too much, which the bounds allow
void CCurveField::Carry(ulong &h[])
  {
   ulong carry=0;
   for(int i=0; i<DTMS_FIELD_LIMBS; i++)
     {
      ulong limb=h[i]+carry;
      carry=limb>>Width(i);
      h[i]=limb&Mask(i);
     }
   ulong first=h[0]+19*carry;
   h[0]=first&(ulong)DTMS_FIELD_EVEN;
   h[1]+=first>>26;
  }

//--- below the modulus: what exceeds it by less than one is found by adding 19 and looking at bit 255
void CCurveField::Normalise(ulong &h[])
  {
   Carry(h);
   ulong over=19;
   for(int i=0; i<DTMS_FIELD_LIMBS; i++)
      over=(h[i]+over)>>Width(i);
   ulong carry=19*over;
   for(int i=0; i<DTMS_FIELD_LIMBS; i++)
     {
      ulong limb=h[i]+carry;
      carry=limb>>Width(i);
      h[i]=limb&Mask(i);
     }
  }

#endif
//+------------------------------------------------------------------+
