//+------------------------------------------------------------------+
//| X25519.mqh                                                       |
//| two keys, one secret that both sides know                        |
//+------------------------------------------------------------------+
#ifndef DTMS_X25519_MQH
#define DTMS_X25519_MQH

#include "CurveField.mqh"

#define DTMS_KEY_SIZE   32
//--- (486662-2)/4 of the curve
#define DTMS_CURVE_A24  121665

//+------------------------------------------------------------------+
//| CX25519: the function of RFC 7748 by Montgomery's ladder, with   |
//| the same work for every key.                                     |
//+------------------------------------------------------------------+
class CX25519
  {
private:
   ulong             m_x1[DTMS_FIELD_LIMBS];
   ulong             m_x2[DTMS_FIELD_LIMBS];
   ulong             m_z2[DTMS_FIELD_LIMBS];
   ulong             m_x3[DTMS_FIELD_LIMBS];
   ulong             m_z3[DTMS_FIELD_LIMBS];

   void              Begin(const uchar &point[]);
   void              Step(void);
   void              Climb(const uchar &scalar[]);

public:
                     CX25519(void);
                    ~CX25519(void);
   static bool       Multiply(uchar &result[],const uchar &secret[],const uchar &point[]);
   static bool       PublicKey(uchar &result[],const uchar &secret[]);
  };

CX25519::CX25519(void)
  {
   CCurveField::Set(m_x1,0);
  }

//--- leaves nothing of the secret behind
CX25519::~CX25519(void)
  {
   CCurveField::Set(m_x2,0);
   CCurveField::Set(m_z2,0);
   CCurveField::Set(m_x3,0);
   CCurveField::Set(m_z3,0);
  }

//--- secret times point, 32 bytes each; false: the point is one of the few whose result is 0 for everybody
bool CX25519::Multiply(uchar &result[],const uchar &secret[],const uchar &point[])
  {
   uchar scalar[DTMS_KEY_SIZE];
   ArrayCopy(scalar,secret,0,0,DTMS_KEY_SIZE);
   scalar[0]=(uchar)(scalar[0]&0xF8);
   scalar[31]=(uchar)((scalar[31]&0x7F)|0x40);
   if(ArraySize(result)<DTMS_KEY_SIZE && ArrayResize(result,DTMS_KEY_SIZE)!=DTMS_KEY_SIZE)
      return(false);
   CX25519 ladder;
   ladder.Begin(point);
   ladder.Climb(scalar);
   CCurveField::Invert(ladder.m_z2,ladder.m_z2);
   CCurveField::Multiply(ladder.m_x2,ladder.m_x2,ladder.m_z2);
   CCurveField::ToBytes(result,ladder.m_x2);
   ArrayFill(scalar,0,DTMS_KEY_SIZE,0);
   int any=0;
   for(int i=0; i<DTMS_KEY_SIZE; i++)
      any|=result[i];
   return(any!=0);
  }

//--- the public key of a secret one
bool CX25519::PublicKey(uchar &result[],const uchar &secret[])
  {
   uchar base[DTMS_KEY_SIZE];
   ArrayFill(base,0,DTMS_KEY_SIZE,0);
   base[0]=9;
   return(Multiply(result,secret,base));
  }

void CX25519::Begin(const uchar &point[])
  {
   CCurveField::FromBytes(m_x1,point);
   CCurveField::Set(m_x2,1);
   CCurveField::Set(m_z2,0);
   CCurveField::Copy(m_x3,m_x1);
   CCurveField::Set(m_z3,1);
  }

//--- from the highest bit of the scalar to the lowest
void CX25519::Climb(const uchar &scalar[])
  {
   ulong swapped=0;
   for(int place=254; place>=0; place--)
     {
      ulong bit=(ulong)((scalar[place>>3]>>(place&7))&1);
      CCurveField::Swap(m_x2,m_x3,bit^swapped);
      CCurveField::Swap(m_z2,m_z3,bit^swapped);
      swapped=bit;
      Step();
     }
   CCurveField::Swap(m_x2,m_x3,swapped);
   CCurveField::Swap(m_z2,m_z3,swapped);
  }

//--- doubles (x2:z2) and adds it to (x3:z3); names as in RFC 7748, part 5
void CX25519::Step(void)
  {
   ulong a[DTMS_FIELD_LIMBS];
   ulong b[DTMS_FIELD_LIMBS];
   ulong c[DTMS_FIELD_LIMBS];
   ulong d[DTMS_FIELD_LIMBS];
   CCurveField::Add(a,m_x2,m_z2);
   CCurveField::Subtract(b,m_x2,m_z2);
   CCurveField::Add(c,m_x3,m_z3);
   CCurveField::Subtract(d,m_x3,m_z3);
   CCurveField::Multiply(d,d,a);             // DA
   CCurveField::Multiply(c,c,b);             // CB
   CCurveField::Multiply(a,a,a);             // AA
   CCurveField::Multiply(b,b,b);             // BB
   CCurveField::Add(m_x3,d,c);
   CCurveField::Multiply(m_x3,m_x3,m_x3);
   CCurveField::Subtract(m_z3,d,c);
   CCurveField::Multiply(m_z3,m_z3,m_z3);
   CCurveField::Multiply(m_z3,m_z3,m_x1);
   CCurveField::Multiply(m_x2,a,b);
   CCurveField::Subtract(d,a,b);             // E
   CCurveField::Scale(c,d,DTMS_CURVE_A24);
   CCurveField::Add(c,c,a);
   CCurveField::Multiply(m_z2,d,c);
  }

#endif
//+------------------------------------------------------------------+
