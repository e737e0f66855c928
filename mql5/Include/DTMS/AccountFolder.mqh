//+------------------------------------------------------------------+
//| AccountFolder.mqh                                                |
//| the files of one account, and who may use them                   |
//+------------------------------------------------------------------+
#ifndef DTMS_ACCOUNT_FOLDER_MQH
#define DTMS_ACCOUNT_FOLDER_MQH

#include "Elapsed.mqh"
#include "Rules.mqh"
#include "SmallFile.mqh"

#define DTMS_FOLDER_RETRY_MS 1000

//+------------------------------------------------------------------+
//| CAccountFolder: DTMS\<server>_<login> in MQL5\Files of this      |
//| terminal. Of several Expert Advisors only the one that holds its |
//| lock file reads or writes there (R09): the account's manager,    |
//| and before a role is known the first that started. Keeps the     |
//| number of lives (R06) and the highest epoch (R23).               |
//+------------------------------------------------------------------+
class CAccountFolder
  {
private:
   string            m_path;
   string            m_owner;      // server and account
   int               m_lock;
   int               m_error;
   bool              m_was_lived_in;
   ulong             m_next_ms;
   ulong             m_boot;
   uint              m_epoch;
   bool              m_bare;       // ours, but nothing can be written in it: then there is nothing that another could have open
   bool              m_owed;       // the numbers, to the disk

   static string     Plain(const string name);
   static bool       ReadNumber(const string name,ulong &number);
   static bool       WriteNumber(const string name,const ulong number);
   bool              Lock(void);
   void              ReadNumbers(void);
   bool              WriteNumbers(void);

public:
                     CAccountFolder(void) : m_path(""),m_owner(""),m_lock(INVALID_HANDLE),m_error(0),m_was_lived_in(false),m_next_ms(0),m_boot(0),m_epoch(0),m_bare(false),m_owed(false) {}
                    ~CAccountFolder(void) { Release(); }
   bool              Take(const ulong now_ms);
   void              Release(void);
   bool              IsHeld(void) const { return(m_lock!=INVALID_HANDLE || m_bare); }
   string            File(const string name) const { return(m_path+name); }
   int               Error(void) const { return(m_error); }
   ulong             Boot(void) const { return(IsHeld() ? m_boot : 0); }
   bool              WasLivedIn(void) const { return(m_was_lived_in); }
   uint              Epoch(void) const { return(m_epoch); }
   bool              KeepEpoch(const uint epoch);
   string            Owner(void) const { return(m_owner); }
  };

//--- a name of a file or folder out of the name of a server
string CAccountFolder::Plain(const string name)
  {
   string plain="";
   for(int i=0; i<StringLen(name); i++)
     {
      ushort c=StringGetCharacter(name,i);
      bool fits=((c>='0' && c<='9') || (c>='A' && c<='Z') || (c>='a' && c<='z') || c=='-');
      plain+=(fits ? StringSubstr(name,i,1) : "_");
     }
   return(plain);
  }

//--- takes the folder of the account that the terminal is logged in to; true: it has just become ours. Tried again at most once a second.
bool CAccountFolder::Take(const ulong now_ms)
  {
   if(now_ms<m_next_ms)
      return(false);
   m_next_ms=now_ms+DTMS_FOLDER_RETRY_MS;
   if(m_bare && !Lock())
      Release();
   if(IsHeld())
     {
      m_owed=(m_owed && !WriteNumbers());
      return(false);
     }
   string login=IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN));
   m_owner=AccountInfoString(ACCOUNT_SERVER)+"|"+login;
   m_path="DTMS\\"+Plain(AccountInfoString(ACCOUNT_SERVER))+"_"+login+"\\";
   if(!Lock())
      return(false);
   ReadNumbers();
   return(true);
  }

//--- false: another Expert Advisor has the files. A folder that cannot be written does not keep positions from being protected: who can
//--- read its lock alone has it, and where there is no lock nobody can.
bool CAccountFolder::Lock(void)
  {
   string name=m_path+"manager.lock";
   ResetLastError();
   m_lock=FileOpen(name,FILE_WRITE|FILE_BIN);
   m_error=(m_lock!=INVALID_HANDLE ? 0 : GetLastError());
   m_bare=(m_error!=0 && !FileIsExist(name));
   if(m_error!=0 && !m_bare)
      m_lock=FileOpen(name,FILE_READ|FILE_BIN);
   ResetLastError();
   return(IsHeld());
  }

//--- another Expert Advisor may have it
void CAccountFolder::Release(void)
  {
   if(m_lock!=INVALID_HANDLE)
      FileClose(m_lock);
   m_lock=INVALID_HANDLE;
   m_bare=false;
   m_owed=false;
   m_next_ms=0;
  }

//--- one life more, and the epoch of the lives before
void CAccountFolder::ReadNumbers(void)
  {
   ulong boot=0;
   ulong epoch=0;
   m_was_lived_in=ReadNumber(m_path+"boot",boot);
   m_boot=boot+1;
   m_epoch=(DTMS_HOLDS(DTMS_RULE_EPOCH_ON_DISK) && ReadNumber(m_path+"epoch",epoch) ? (uint)epoch : 0);
   m_owed=!WriteNumber(m_path+"boot",m_boot);
   if(m_owed)
      m_error=GetLastError();
  }

//--- what could not be written when it was due
bool CAccountFolder::WriteNumbers(void)
  {
   return(WriteNumber(m_path+"boot",m_boot) && (m_epoch==0 || WriteNumber(m_path+"epoch",(ulong)m_epoch)));
  }

//--- the highest epoch that a bridge was accepted with; false: it is not on disk
bool CAccountFolder::KeepEpoch(const uint epoch)
  {
   if(!IsHeld() || epoch<=m_epoch)
      return(IsHeld());
   m_epoch=epoch;
   if(WriteNumber(m_path+"epoch",(ulong)epoch))
      return(true);
   m_error=GetLastError();
   m_owed=true;
   return(false);
  }

bool CAccountFolder::ReadNumber(const string name,ulong &number)
  {
   CMsgPackReader content;
   return(CSmallFile::Load(name,content) && content.UInt(number));
  }

bool CAccountFolder::WriteNumber(const string name,const ulong number)
  {
   CMsgPackWriter content;
   content.UInt(number);
   return(CSmallFile::Save(name,content));
  }

#endif
//+------------------------------------------------------------------+
