//+------------------------------------------------------------------+
//| KeyText.mqh                                                      |
//| what stands in a key file                                        |
//+------------------------------------------------------------------+
#ifndef DTMS_KEY_TEXT_MQH
#define DTMS_KEY_TEXT_MQH

#include "Bytes.mqh"
#include "Hex.mqh"
#include "X25519.mqh"

#define DTMS_KEY_TITLE  "dtms-key 1"
#define DTMS_KEY_LINES  7

//--- the keys of one Expert Advisor
struct SKeys
  {
   uchar             server[DTMS_KEY_SIZE];        // the bridge's public key
   uchar             client[DTMS_KEY_SIZE];        // our public key
   uchar             secret[DTMS_KEY_SIZE];        // our secret key
   uchar             seed[DTMS_KEY_SIZE];          // what the keys of connections are made from
   ulong             counter;                      // steps of the seed so far
  };

//+------------------------------------------------------------------+
//| CKeyText: reads and writes the file of `dtms keygen`, seven      |
//| lines of fixed form, the last one the SHA-256 of those before    |
//| (PROTOCOL.md, part 1).                                           |
//+------------------------------------------------------------------+
class CKeyText
  {
private:
   static bool       Value(const string line,const string name,string &value);
   static bool       Key(const string line,const string name,uchar &key[]);
   static bool       Counter(const string line,ulong &counter);
   static string     Line(const string name,const uchar &key[]) { return(name+" "+CHex::ToText(key,0,DTMS_KEY_SIZE)+"\n"); }
   static string     Digest(const string text);

public:
   static string     Write(const SKeys &keys);
   static bool       Read(const string text,SKeys &keys);
   static void       Wipe(SKeys &keys);
  };

//--- the file's text; empty when the hash cannot be made
string CKeyText::Write(const SKeys &keys)
  {
   string text=DTMS_KEY_TITLE+"\n"+Line("server",keys.server)+Line("client",keys.client)+Line("secret",keys.secret)
               +Line("seed",keys.seed)+"counter "+StringFormat("%020I64u",keys.counter)+"\n";
   string digest=Digest(text);
   return(digest=="" ? "" : text+"check "+digest+"\n");
  }

//--- false: not such a file to the last character
bool CKeyText::Read(const string text,SKeys &keys)
  {
   string lines[];
   if(StringSplit(text,'\n',lines)<DTMS_KEY_LINES)
      return(false);
   return(Key(lines[1],"server",keys.server) && Key(lines[2],"client",keys.client) && Key(lines[3],"secret",keys.secret)
          && Key(lines[4],"seed",keys.seed) && Counter(lines[5],keys.counter) && Write(keys)==text);
  }

void CKeyText::Wipe(SKeys &keys)
  {
   ArrayFill(keys.secret,0,DTMS_KEY_SIZE,0);
   ArrayFill(keys.seed,0,DTMS_KEY_SIZE,0);
  }

//--- what stands behind the name in a line
bool CKeyText::Value(const string line,const string name,string &value)
  {
   int from=StringLen(name)+1;
   if(StringSubstr(line,0,from)!=name+" ")
      return(false);
   value=StringSubstr(line,from);
   return(true);
  }

bool CKeyText::Key(const string line,const string name,uchar &key[])
  {
   string value="";
   uchar bytes[];
   if(!Value(line,name,value) || CHex::ToBytes(value,bytes)!=DTMS_KEY_SIZE)
      return(false);
   bool copied=(ArrayCopy(key,bytes,0,0,DTMS_KEY_SIZE)==DTMS_KEY_SIZE);
   ArrayFill(bytes,0,DTMS_KEY_SIZE,0);
   return(copied);
  }

bool CKeyText::Counter(const string line,ulong &counter)
  {
   string value="";
   if(!Value(line,"counter",value) || StringLen(value)!=20)
      return(false);
   counter=0;
   for(int i=0; i<20; i++)
      counter=10*counter+(ulong)(StringGetCharacter(value,i)-'0');   // what is no digit does not survive the comparison in Read
   return(true);
  }

string CKeyText::Digest(const string text)
  {
   uchar bytes[];
   uchar message[];
   uchar no_key[];
   uchar digest[];
   int size=CBytes::FromText(text,bytes);
   if(ArrayCopy(message,bytes,0,0,size)!=size || CryptEncode(CRYPT_HASH_SHA256,message,no_key,digest)!=DTMS_KEY_SIZE)
      return("");
   return(CHex::ToText(digest,0,DTMS_KEY_SIZE));
  }

#endif
//+------------------------------------------------------------------+
