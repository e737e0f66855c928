//+------------------------------------------------------------------+
//| XSalsa20.mqh                                                     |
//| the stream cipher XSalsa20                                       |
//+------------------------------------------------------------------+
#ifndef DTMS_XSALSA20_MQH
#define DTMS_XSALSA20_MQH

#define DTMS_NONCE_SIZE   24
#define DTMS_SALSA_BLOCK  64
#define DTMS_SALSA_WORDS  16

//--- one quarter of a round on four words; `t` is the caller's
#define DTMS_SALSA_QUARTER(A,B,C,D)   \
   t=A+D;                             \
   B^=(t<<7)|(t>>25);                 \
   t=B+A;                             \
   C^=(t<<9)|(t>>23);                 \
   t=C+B;                             \
   D^=(t<<13)|(t>>19);                \
   t=D+C;                             \
   A^=(t<<18)|(t>>14)

//+------------------------------------------------------------------+
//| CXSalsa20: Salsa20 of Bernstein's specification with his longer  |
//| nonce. Begin, then Apply as often as there is data; what was     |
//| applied twice is as it was. Derive is HSalsa20 alone.            |
//+------------------------------------------------------------------+
class CXSalsa20
  {
private:
   uint              m_input[DTMS_SALSA_WORDS];
   uint              m_words[DTMS_SALSA_WORDS];
   uchar             m_block[DTMS_SALSA_BLOCK];
   int               m_used;

   static uint       Word(const uchar &bytes[],const int at);
   void              SetKey(const uchar &key[]);
   void              Rounds(void);
   void              NextBlock(void);
   static void       PutWord(uchar &bytes[],const int at,const uint word);

public:
                     CXSalsa20(void) : m_used(0) {}
                    ~CXSalsa20(void);
   void              Begin(const uchar &key[],const uchar &nonce[]);
   void              Apply(uchar &data[],const int from,const int size);
   void              Derive(uchar &result[],const uchar &key[],const uchar &nonce[]);
  };

//--- leaves no key stream behind
CXSalsa20::~CXSalsa20(void)
  {
   ArrayFill(m_input,0,DTMS_SALSA_WORDS,0);
   ArrayFill(m_words,0,DTMS_SALSA_WORDS,0);
   ArrayFill(m_block,0,DTMS_SALSA_BLOCK,0);
  }

//--- a key of 32 bytes, a nonce of 24
void CXSalsa20::Begin(const uchar &key[],const uchar &nonce[])
  {
   uchar subkey[32];
   Derive(subkey,key,nonce);
   SetKey(subkey);
   ArrayFill(subkey,0,32,0);
   m_input[6]=Word(nonce,16);
   m_input[7]=Word(nonce,20);
   m_input[8]=0;
   m_input[9]=0;
   m_used=DTMS_SALSA_BLOCK;
  }

//--- the stream's next `size` bytes onto the data
void CXSalsa20::Apply(uchar &data[],const int from,const int size)
  {
   int at=from;
   int end=from+size;
   while(at<end)
     {
      if(m_used==DTMS_SALSA_BLOCK)
         NextBlock();
      int most=DTMS_SALSA_BLOCK-m_used;
      int count=(end-at<most ? end-at : most);
      for(int i=0; i<count; i++)
         data[at+i]=(uchar)(data[at+i]^m_block[m_used+i]);
      m_used+=count;
      at+=count;
     }
  }

//--- HSalsa20: a key of 32 bytes from a key and the first 16 bytes of a nonce
void CXSalsa20::Derive(uchar &result[],const uchar &key[],const uchar &nonce[])
  {
   SetKey(key);
   for(int i=0; i<4; i++)
      m_input[6+i]=Word(nonce,4*i);
   Rounds();
   for(int i=0; i<4; i++)
     {
      PutWord(result,4*i,m_words[5*i]);
      PutWord(result,16+4*i,m_words[6+i]);
     }
  }

//--- constants and key; nonce and counter stand at 6 to 9
void CXSalsa20::SetKey(const uchar &key[])
  {
   m_input[0]=0x61707865;     // "expand 32-byte k"
   m_input[5]=0x3320646e;
   m_input[10]=0x79622d32;
   m_input[15]=0x6b206574;
   for(int i=0; i<4; i++)
     {
      m_input[1+i]=Word(key,4*i);
      m_input[11+i]=Word(key,16+4*i);
     }
  }

//--- twenty rounds, columns and rows in turn, from the input to the words
void CXSalsa20::Rounds(void)
  {
   uint t=0;
   uint a0=m_input[0],a1=m_input[1],a2=m_input[2],a3=m_input[3],b0=m_input[4],b1=m_input[5],b2=m_input[6],b3=m_input[7];
   uint c0=m_input[8],c1=m_input[9],c2=m_input[10],c3=m_input[11],d0=m_input[12],d1=m_input[13],d2=m_input[14],d3=m_input[15];
   for(int i=0; i<10; i++)
     {
      DTMS_SALSA_QUARTER(a0,b0,c0,d0);
      DTMS_SALSA_QUARTER(b1,c1,d1,a1);
      DTMS_SALSA_QUARTER(c2,d2,a2,b2);
      DTMS_SALSA_QUARTER(d3,a3,b3,c3);
      DTMS_SALSA_QUARTER(a0,a1,a2,a3);
      DTMS_SALSA_QUARTER(b1,b2,b3,b0);
      DTMS_SALSA_QUARTER(c2,c3,c0,c1);
      DTMS_SALSA_QUARTER(d3,d0,d1,d2);
     }
   m_words[0]=a0;  m_words[1]=a1;  m_words[2]=a2;  m_words[3]=a3;
   m_words[4]=b0;  m_words[5]=b1;  m_words[6]=b2;  m_words[7]=b3;
   m_words[8]=c0;  m_words[9]=c1;  m_words[10]=c2; m_words[11]=c3;
   m_words[12]=d0; m_words[13]=d1; m_words[14]=d2; m_words[15]=d3;
  }

//--- 64 bytes of the stream, and the counter one further
void CXSalsa20::NextBlock(void)
  {
   Rounds();
   for(int i=0; i<DTMS_SALSA_WORDS; i++)
      PutWord(m_block,4*i,m_words[i]+m_input[i]);
   m_input[8]++;
   if(m_input[8]==0)
      m_input[9]++;
   m_used=0;
  }

//--- words are kept lowest byte first
uint CXSalsa20::Word(const uchar &bytes[],const int at)
  {
   return((uint)bytes[at]|((uint)bytes[at+1]<<8)|((uint)bytes[at+2]<<16)|((uint)bytes[at+3]<<24));
  }

void CXSalsa20::PutWord(uchar &bytes[],const int at,const uint word)
  {
   bytes[at]=(uchar)(word&0xFF);
   bytes[at+1]=(uchar)((word>>8)&0xFF);
   bytes[at+2]=(uchar)((word>>16)&0xFF);
   bytes[at+3]=(uchar)(word>>24);
  }

#endif
//+------------------------------------------------------------------+
