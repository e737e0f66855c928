//+------------------------------------------------------------------+
//| KeyFile.mqh                                                      |
//| the keys of this Expert Advisor, on disk                         |
//+------------------------------------------------------------------+
#ifndef DTMS_KEY_FILE_MQH
#define DTMS_KEY_FILE_MQH

#include "KeyRatchet.mqh"

//--- a key file has some 400 bytes; what is far larger is none
#define DTMS_KEY_FILE_MOST 4096

//+------------------------------------------------------------------+
//| CKeyFile: one file for one Expert Advisor, in MQL5\Files of this |
//| terminal, held by a lock file as long as it is used. The file is |
//| the truth: each step reads it, moves the seed, writes it beside, |
//| reads that back, moves it over the old one and reads it again.   |
//| Only then does anybody get what was drawn, so a program that     |
//| dies in between has used nothing.                                |
//+------------------------------------------------------------------+
class CKeyFile
  {
private:
   string            m_name;
   int               m_lock;
   string            m_error;

   bool              Lock(void);
   bool              Load(SKeys &keys);
   bool              Save(const SKeys &keys);
   bool              WriteText(const string name,const string text);
   static bool       ReadText(const string name,string &text);
   bool              Fail(const string what);
   bool              NotSaved(const string why);

public:
                     CKeyFile(void) : m_name(""),m_lock(INVALID_HANDLE),m_error("") {}
                    ~CKeyFile(void) { Close(); }
   bool              Open(const string name);
   void              Close(void);
   bool              IsOpen(void) const { return(m_lock!=INVALID_HANDLE); }
   bool              Draw(SKeys &keys,uchar &secret[],uchar &vouch_nonce[]);
   bool              Mix(const string entropy);
   string            Name(void) const { return(m_name); }
   string            Error(void) const { return(m_error); }
  };

//--- takes the file; moves its seed once, which shows that it can be saved. False: Error() is one sentence.
bool CKeyFile::Open(const string name)
  {
   SKeys keys;
   uchar secret[];
   uchar nonce[];
   uchar client[];
   Close();
   m_name=name;
   m_error="";
   if(!Lock())
      return(false);
   bool usable=Draw(keys,secret,nonce);
   if(usable && !(CX25519::PublicKey(client,keys.secret) && CBytes::Same(client,0,DTMS_KEY_SIZE,keys.client,DTMS_KEY_SIZE)))
      usable=Fail("holds two client keys that do not belong together");
   CKeyText::Wipe(keys);
   if(ArraySize(secret)>0)
      ArrayFill(secret,0,ArraySize(secret),0);
   if(!usable)
      Close();
   return(usable);
  }

void CKeyFile::Close(void)
  {
   if(m_lock==INVALID_HANDLE)
      return;
   FileClose(m_lock);
   m_lock=INVALID_HANDLE;
   if(!FileDelete(m_name+".lock"))
      ResetLastError();     // left behind; an open handle locks, not the file
  }

//--- the keys, and fresh secrets for one connection; false: nothing may be dialed
bool CKeyFile::Draw(SKeys &keys,uchar &secret[],uchar &vouch_nonce[])
  {
   if(!Load(keys))
      return(false);
   if(!CKeyRatchet::Draw(keys,secret,vouch_nonce))
      return(Fail("cannot be used: no SHA-256"));
   return(Save(keys));
  }

//--- stirs what the bridge has drawn (64 digits) into the seed; nothing else is wanted, and "" is nothing
bool CKeyFile::Mix(const string entropy)
  {
   SKeys keys;
   uchar bytes[];
   if(CHex::ToBytes(entropy,bytes)!=DTMS_KEY_SIZE)
      return(true);
   bool saved=Load(keys) && CKeyRatchet::Mix(keys,bytes) && Save(keys);
   CKeyText::Wipe(keys);
   return(saved);
  }

//--- two programs with one seed would draw the same secrets
bool CKeyFile::Lock(void)
  {
   if(!FileIsExist(m_name))
      return(Fail("is not there: make one with dtms keygen and put it into MQL5\\Files"));
   ResetLastError();
   m_lock=FileOpen(m_name+".lock",FILE_WRITE|FILE_BIN);
   if(m_lock==INVALID_HANDLE)
      return(Fail("is in use by another Expert Advisor, or its folder cannot be written (error "+IntegerToString(GetLastError())
                  +"); each one needs its own, from dtms keygen"));
   return(true);
  }

bool CKeyFile::Load(SKeys &keys)
  {
   string text="";
   if(!ReadText(m_name,text))
      return(Fail("cannot be read"));
   if(!CKeyText::Read(text,keys))
      return(Fail("is damaged: make one anew with dtms keygen"));
   return(true);
  }

//--- beside, read back, over the old one, read again
bool CKeyFile::Save(const SKeys &keys)
  {
   string text=CKeyText::Write(keys);
   string beside=m_name+".tmp";
   string written="";
   if(text=="" || !WriteText(beside,text))
      return(NotSaved("writing"));
   if(!ReadText(beside,written) || written!=text)
      return(NotSaved("reading it back"));
   ResetLastError();
   if(!FileMove(beside,0,m_name,FILE_REWRITE))
      return(NotSaved("replacing the old one"));
   if(!ReadText(m_name,written) || written!=text)
      return(NotSaved("reading it again"));
   return(true);
  }

bool CKeyFile::WriteText(const string name,const string text)
  {
   uchar bytes[];
   int size=CBytes::FromText(text,bytes);
   ResetLastError();
   int file=FileOpen(name,FILE_WRITE|FILE_BIN);
   if(file==INVALID_HANDLE)
      return(false);
   uint written=FileWriteArray(file,bytes,0,size);
   FileFlush(file);
   FileClose(file);
   return(written==(uint)size);
  }

bool CKeyFile::ReadText(const string name,string &text)
  {
   uchar bytes[];
   int file=FileOpen(name,FILE_READ|FILE_BIN|FILE_SHARE_READ);
   if(file==INVALID_HANDLE)
      return(false);
   ulong size=FileSize(file);
   bool read=(size>0 && size<=(ulong)DTMS_KEY_FILE_MOST && FileReadArray(file,bytes,0,(int)size)==(uint)size);
   FileClose(file);
   if(read)
      text=CharArrayToString(bytes,0,(int)size,CP_UTF8);
   return(read);
  }

//--- false, with a sentence about the file
bool CKeyFile::Fail(const string what)
  {
   m_error="the key file "+m_name+" "+what;
   return(false);
  }

bool CKeyFile::NotSaved(const string why)
  {
   int code=GetLastError();
   if(!FileDelete(m_name+".tmp"))
      ResetLastError();
   return(Fail("cannot be saved ("+why+", error "+IntegerToString(code)+"), so nothing is dialed"));
  }

#endif
//+------------------------------------------------------------------+
