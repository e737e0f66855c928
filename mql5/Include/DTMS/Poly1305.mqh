//+------------------------------------------------------------------+
//| Poly1305.mqh                                                     |
//| a tag that only the key's owner can make                         |
//+------------------------------------------------------------------+
#ifndef DTMS_POLY1305_MQH
#define DTMS_POLY1305_MQH

#define DTMS_TAG_SIZE    16
#define DTMS_POLY_LIMBS  5
#define DTMS_POLY_MASK   0x3FFFFFF

//+------------------------------------------------------------------+
//| CPoly1305: the authenticator of RFC 8439, part 2.5, in limbs of  |
//| 26 bits. A key of 32 bytes makes one tag and no other.           |
//+------------------------------------------------------------------+
class CPoly1305
  {
private:
   ulong             m_r[DTMS_POLY_LIMBS];
   ulong             m_h[DTMS_POLY_LIMBS];

   static void       Split(ulong &limbs[],const uchar &bytes[],const int at);
   void              Begin(const uchar &key[]);
   void              Blocks(const uchar &data[],const int from,const int count,const ulong high_bit);
   void              Last(const uchar &data[],const int from,const int size);
   void              Reduce(void);
   void              Finish(uchar &tag[],const int tag_at,const uchar &key[]) const;

public:
                     CPoly1305(void);
                    ~CPoly1305(void);
   static void       Tag(uchar &tag[],const int tag_at,const uchar &key[],const uchar &data[],const int from,const int size);
   static bool       Same(const uchar &a[],const int a_at,const uchar &b[],const int b_at);
  };

CPoly1305::CPoly1305(void)
  {
   ArrayFill(m_r,0,DTMS_POLY_LIMBS,0);
   ArrayFill(m_h,0,DTMS_POLY_LIMBS,0);
  }

CPoly1305::~CPoly1305(void)
  {
   ArrayFill(m_r,0,DTMS_POLY_LIMBS,0);
   ArrayFill(m_h,0,DTMS_POLY_LIMBS,0);
  }

//--- the tag of `size` bytes, 16 bytes at `tag_at`
void CPoly1305::Tag(uchar &tag[],const int tag_at,const uchar &key[],const uchar &data[],const int from,const int size)
  {
   CPoly1305 state;
   int whole=size/16;
   state.Begin(key);
   state.Blocks(data,from,whole,(ulong)1<<24);
   if(size%16>0)
      state.Last(data,from+16*whole,size%16);
   state.Reduce();
   state.Finish(tag,tag_at,key);
  }

//--- whether two tags are equal, looking at every byte of both
bool CPoly1305::Same(const uchar &a[],const int a_at,const uchar &b[],const int b_at)
  {
   int different=0;
   for(int i=0; i<DTMS_TAG_SIZE; i++)
      different|=a[a_at+i]^b[b_at+i];
   return(different==0);
  }

//--- the first half of the key, with the bits cleared that the sums have no room for
void CPoly1305::Begin(const uchar &key[])
  {
   uchar r[16];
   ArrayCopy(r,key,0,0,16);
   for(int i=3; i<16; i+=4)
      r[i]=(uchar)(r[i]&0x0F);
   for(int i=4; i<16; i+=4)
      r[i]=(uchar)(r[i]&0xFC);
   Split(m_r,r,0);
   ArrayFill(r,0,16,0);
  }

//--- 16 bytes, lowest first, as five limbs
void CPoly1305::Split(ulong &limbs[],const uchar &bytes[],const int at)
  {
   ulong low=0;
   ulong high=0;
   for(int i=7; i>=0; i--)
     {
      low=(low<<8)|(ulong)bytes[at+i];
      high=(high<<8)|(ulong)bytes[at+8+i];
     }
   limbs[0]=low&DTMS_POLY_MASK;
   limbs[1]=(low>>26)&DTMS_POLY_MASK;
   limbs[2]=((low>>52)|(high<<12))&DTMS_POLY_MASK;
   limbs[3]=(high>>14)&DTMS_POLY_MASK;
   limbs[4]=high>>40;
  }

//--- h=(h+block)*r modulo 2^130-5 for each block; 2^130 is 5, hence the factors
void CPoly1305::Blocks(const uchar &data[],const int from,const int count,const ulong high_bit)
  {
   ulong block[DTMS_POLY_LIMBS];
   ulong r0=m_r[0],r1=m_r[1],r2=m_r[2],r3=m_r[3],r4=m_r[4];
   ulong s1=5*r1,s2=5*r2,s3=5*r3,s4=5*r4;
   ulong h0=m_h[0],h1=m_h[1],h2=m_h[2],h3=m_h[3],h4=m_h[4];
   for(int i=0; i<count; i++)
     {
      Split(block,data,from+16*i);
      h0+=block[0];
      h1+=block[1];
      h2+=block[2];
      h3+=block[3];
      h4+=block[4]|high_bit;
      ulong d0=h0*r0+h1*s4+h2*s3+h3*s2+h4*s1;
      ulong d1=h0*r1+h1*r0+h2*s4+h3*s3+h4*s2+(d0>>26);
      ulong d2=h0*r2+h1*r1+h2*r0+h3*s4+h4*s3+(d1>>26);
      ulong d3=h0*r3+h1*r2+h2*r1+h3*r0+h4*s4+(d2>>26);
      ulong d4=h0*r4+h1*r3+h2*r2+h3*r1+h4*r0+(d3>>26);
      h0=(d0&DTMS_POLY_MASK)+5*(d4>>26);
      h1=(d1&DTMS_POLY_MASK)+(h0>>26);
      h0&=DTMS_POLY_MASK;
      h2=d2&DTMS_POLY_MASK;
      h3=d3&DTMS_POLY_MASK;
      h4=d4&DTMS_POLY_MASK;
     }
   m_h[0]=h0;
   m_h[1]=h1;
   m_h[2]=h2;
   m_h[3]=h3;
   m_h[4]=h4;
  }

//--- a block that is not full ends in a one and zeros
void CPoly1305::Last(const uchar &data[],const int from,const int size)
  {
   uchar block[16];
   ArrayFill(block,0,16,0);
   ArrayCopy(block,data,0,from,size);
   block[size]=1;
   Blocks(block,0,1,0);
  }

//--- below 2^130-5: subtracting it is done always and kept by a mask
void CPoly1305::Reduce(void)
  {
   for(int round=0; round<2; round++)
     {
      for(int i=0; i<DTMS_POLY_LIMBS-1; i++)
        {
         m_h[i+1]+=m_h[i]>>26;
         m_h[i]&=DTMS_POLY_MASK;
        }
      m_h[0]+=5*(m_h[4]>>26);
      m_h[4]&=DTMS_POLY_MASK;
     }
   ulong less[DTMS_POLY_LIMBS];
   ulong carry=5;
   for(int i=0; i<DTMS_POLY_LIMBS; i++)
     {
      ulong limb=m_h[i]+carry;
      carry=limb>>26;
      less[i]=limb&DTMS_POLY_MASK;
     }
   ulong mask=0-carry;     // all ones when h was not below
   for(int i=0; i<DTMS_POLY_LIMBS; i++)
      m_h[i]=(m_h[i]&~mask)|(less[i]&mask);
  }

//--- h plus the second half of the key, modulo 2^128
void CPoly1305::Finish(uchar &tag[],const int tag_at,const uchar &key[]) const
  {
   ulong words[4];
   words[0]=(m_h[0]|(m_h[1]<<26))&0xFFFFFFFF;
   words[1]=((m_h[1]>>6)|(m_h[2]<<20))&0xFFFFFFFF;
   words[2]=((m_h[2]>>12)|(m_h[3]<<14))&0xFFFFFFFF;
   words[3]=((m_h[3]>>18)|(m_h[4]<<8))&0xFFFFFFFF;
   ulong sum=0;
   for(int i=0; i<4; i++)
     {
      sum=(sum>>32)+words[i];
      for(int k=0; k<4; k++)
         sum+=(ulong)key[16+4*i+k]<<(8*k);
      for(int k=0; k<4; k++)
         tag[tag_at+4*i+k]=(uchar)((sum>>(8*k))&0xFF);
     }
  }

#endif
//+------------------------------------------------------------------+
