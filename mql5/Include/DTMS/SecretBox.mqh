//+------------------------------------------------------------------+
//| SecretBox.mqh                                                    |
//| NaCl's box and secretbox: hidden, and sealed against change      |
//+------------------------------------------------------------------+
#ifndef DTMS_SECRET_BOX_MQH
#define DTMS_SECRET_BOX_MQH

#include "Poly1305.mqh"
#include "X25519.mqh"
#include "XSalsa20.mqh"

//+------------------------------------------------------------------+
//| CSecretBox: XSalsa20 with Poly1305 (crypto_secretbox), and the   |
//| key of two key pairs for it (crypto_box_beforenm). A box is the  |
//| tag and the text behind it. No nonce may be used twice with a    |
//| key.                                                             |
//+------------------------------------------------------------------+
class CSecretBox
  {
public:
   static bool       SharedKey(uchar &key[],const uchar &public_key[],const uchar &secret_key[]);
   static bool       Seal(uchar &box[],const int at,const uchar &key[],const uchar &nonce[],const uchar &text[],const int size);
   static int        Open(uchar &text[],const uchar &key[],const uchar &nonce[],const uchar &box[],const int from,const int size);
  };

//--- the key, of 32 bytes, that both pairs' owners find; false: the public key is none
bool CSecretBox::SharedKey(uchar &key[],const uchar &public_key[],const uchar &secret_key[])
  {
   uchar product[DTMS_KEY_SIZE];
   uchar zeros[16];
   ArrayFill(zeros,0,16,0);
   if(!CX25519::Multiply(product,secret_key,public_key))
      return(false);
   if(ArraySize(key)<DTMS_KEY_SIZE && ArrayResize(key,DTMS_KEY_SIZE)!=DTMS_KEY_SIZE)
      return(false);
   CXSalsa20 cipher;
   cipher.Derive(key,product,zeros);
   ArrayFill(product,0,DTMS_KEY_SIZE,0);
   return(true);
  }

//--- writes the box of `size` bytes at `at`, where it takes DTMS_TAG_SIZE more; the array grows as needed. False: no memory.
bool CSecretBox::Seal(uchar &box[],const int at,const uchar &key[],const uchar &nonce[],const uchar &text[],const int size)
  {
   int end=at+DTMS_TAG_SIZE+size;
   if(ArraySize(box)<end && ArrayResize(box,end,4096)<end)
      return(false);
   uchar tag_key[32];
   ArrayFill(tag_key,0,32,0);
   CXSalsa20 cipher;
   cipher.Begin(key,nonce);
   cipher.Apply(tag_key,0,32);
   if(size>0)
      ArrayCopy(box,text,at+DTMS_TAG_SIZE,0,size);
   cipher.Apply(box,at+DTMS_TAG_SIZE,size);
   CPoly1305::Tag(box,at,tag_key,box,at+DTMS_TAG_SIZE,size);
   ArrayFill(tag_key,0,32,0);
   return(true);
  }

//--- the text of a box of `size` bytes at `from`; returns its size (the array may be longer), -1: not made with this key and nonce
int CSecretBox::Open(uchar &text[],const uchar &key[],const uchar &nonce[],const uchar &box[],const int from,const int size)
  {
   int text_size=size-DTMS_TAG_SIZE;
   if(text_size<0 || (ArraySize(text)<text_size && ArrayResize(text,text_size,4096)<text_size))
      return(-1);
   uchar tag[DTMS_TAG_SIZE];
   uchar tag_key[32];
   ArrayFill(tag_key,0,32,0);
   CXSalsa20 cipher;
   cipher.Begin(key,nonce);
   cipher.Apply(tag_key,0,32);
   CPoly1305::Tag(tag,0,tag_key,box,from+DTMS_TAG_SIZE,text_size);
   ArrayFill(tag_key,0,32,0);
   if(!CPoly1305::Same(tag,0,box,from))
      return(-1);
   if(text_size>0)
      ArrayCopy(text,box,0,from+DTMS_TAG_SIZE,text_size);
   cipher.Apply(text,0,text_size);
   return(text_size);
  }

#endif
//+------------------------------------------------------------------+
