//+------------------------------------------------------------------+
//| LedgerFile.mqh                                                   |
//| the rows of the ledger on disk                                   |
//+------------------------------------------------------------------+
#ifndef DTMS_LEDGER_FILE_MQH
#define DTMS_LEDGER_FILE_MQH

#include "SmallFile.mqh"

#define DTMS_LEDGER_FORM   1         // of the rows
#define DTMS_LEDGER_KEEP_S 604800    // seven days (R18)
#define DTMS_LEDGER_LARGE  4194304   // bytes from which old rows are left out while the program runs,
#define DTMS_LEDGER_DAY_S  86400     // and how often

//--- what a row tells
#define DTMS_ROW_STARTED 1
#define DTMS_ROW_SENT    2
#define DTMS_ROW_OUTCOME 3
#define DTMS_ROW_BEGUN   4  // the file: its form, and whose it is; the first row

//--- every row begins with these
struct SRowHead
  {
   int               kind;
   ulong             id;
   long              time_s;   // server time; 0: not known

                     SRowHead(void) : kind(0),id(0),time_s(0) {}

   void              Write(CMsgPackWriter &row) const
     {
      row.UInt((ulong)kind);
      row.UInt(id);
      row.Int(time_s);
     }

   bool              Read(CMsgPackReader &row)
     {
      ulong wide=0;
      if(!row.UInt(wide) || !row.UInt(id) || !row.Int(time_s) || wide>DTMS_ROW_BEGUN)
         return(false);
      kind=(int)wide;
      return(true);
     }
  };

//+------------------------------------------------------------------+
//| CLedgerFile: rows are appended and flushed. When it is opened,   |
//| rows of more than seven days are left out and a torn last row is |
//| cut off. A damaged file is put aside, with what is whole of it   |
//| taken over; of one of another account or form nothing is. One    |
//| that is missing counts as damaged if there were lives before.    |
//+------------------------------------------------------------------+
class CLedgerFile
  {
private:
   string            m_name;
   string            m_owner;
   int               m_file;
   uchar             m_rows[];
   int               m_size;
   int               m_at;
   ulong             m_end;
   long              m_read_s;   // when it was read through last
   bool              m_damaged;
   bool              m_failed;

   bool              Put(const uchar &bytes[],const int size);
   int               Begun(const long now_s,uchar &bytes[]) const;
   bool              IsForeign(const uchar &content[],const int total) const;
   bool              OpenEnd(const long now_s);
   bool              ReadWhole(const uchar &content[],const int total,const long now_s);
   bool              Keep(const uchar &content[],const int at,const int size,const long now_s);
   bool              Replace(void);
   void              LeaveOut(const long now_s);

public:
                     CLedgerFile(void) : m_name(""),m_owner(""),m_file(INVALID_HANDLE),m_size(0),m_at(0),m_end(0),m_read_s(0),m_damaged(false),m_failed(false) {}
                    ~CLedgerFile(void) { Close(); }
   bool              Open(const string name,const string owner,const bool is_expected,const long now_s);
   void              Close(void);
   bool              IsOpen(void) const { return(m_file!=INVALID_HANDLE); }
   bool              Works(void) const { return(IsOpen() && !m_failed); }
   bool              Damaged(void) const { return(m_damaged); }
   bool              Next(CMsgPackReader &row,int &at);
   bool              RowAt(const int at,CMsgPackReader &row) const;
   void              Forget(void);
   bool              Append(const CMsgPackWriter &row,const long now_s);
  };

//--- reads the rows; `now_s`: server time, 0 if it is not known. False: nothing can be written.
bool CLedgerFile::Open(const string name,const string owner,const bool is_expected,const long now_s)
  {
   uchar content[];
   Close();
   m_name=name;
   m_owner=owner;
   m_read_s=now_s;
   Forget();
   m_size=Begun(now_s,m_rows);
   m_failed=(m_size==0);
   bool there=FileIsExist(name);
   bool beside=(!there && FileIsExist(CSmallFile::Beside(name)) && FileMove(CSmallFile::Beside(name),0,name,FILE_REWRITE));
   there=(there || beside);
   int total=(there ? CSmallFile::ReadBytes(name,content) : 0);
   bool foreign=(total>0 && IsForeign(content,total));
   m_damaged=(total<0 || (total==0 && is_expected) || foreign || beside);
   bool as_it_is=(!foreign && total!=0 && ReadWhole(content,total,now_s));
   if(!as_it_is && !Replace())
      m_failed=true;
   if(!OpenEnd(now_s))
      m_failed=true;
   return(Works());
  }

//--- the first row says what the file is; returns its size, 0: no memory
int CLedgerFile::Begun(const long now_s,uchar &bytes[]) const
  {
   CMsgPackWriter row;
   SRowHead head;
   head.kind=DTMS_ROW_BEGUN;
   head.time_s=now_s;
   head.Write(row);
   row.UInt(DTMS_LEDGER_FORM);
   row.Text(m_owner);
   return(CRows::Pack(row,bytes));
  }

//--- whether the first row is whole and says that the file is another account's, or has another form
bool CLedgerFile::IsForeign(const uchar &content[],const int total) const
  {
   CMsgPackReader row;
   SRowHead head;
   ulong form=0;
   string owner="";
   int size=0;
   if(CRows::Look(content,0,total,size)!=ROW_WHOLE)
      return(false);
   row.Attach(content,DTMS_ROW_HEAD,size);
   if(!head.Read(row) || head.kind!=DTMS_ROW_BEGUN)
      return(true);
   return(!row.UInt(form) || form!=DTMS_LEDGER_FORM || !row.Text(owner) || owner!=m_owner);
  }

//--- false: the file cannot be written
bool CLedgerFile::OpenEnd(const long now_s)
  {
   uchar bytes[];
   if(!IsOpen())
     {
      m_file=FileOpen(m_name,FILE_READ|FILE_WRITE|FILE_BIN);
      m_end=(IsOpen() ? FileSize(m_file) : 0);
     }
   if(!IsOpen() || m_end>0)
      return(IsOpen());
   int size=Begun(now_s,bytes);
   return(Put(bytes,size));
  }

void CLedgerFile::Close(void)
  {
   if(IsOpen())
      FileClose(m_file);
   m_file=INVALID_HANDLE;
   m_name="";
  }

//--- takes over what is whole and young; true: that is all there is
bool CLedgerFile::ReadWhole(const uchar &content[],const int total,const long now_s)
  {
   int at=0;
   int size=0;
   bool all=(total>=0);
   while(at<total)
     {
      ENUM_ROW what=CRows::Look(content,at,total,size);
      if(what==ROW_WHOLE)
        {
         all=(Keep(content,at,DTMS_ROW_HEAD+size,now_s) && all);
         at+=DTMS_ROW_HEAD+size;
         continue;
        }
      all=false;
      int next=CRows::FindNext(content,at+1,total);
      m_damaged=(m_damaged || what==ROW_DAMAGED || next>=0);
      if(next<0)
         break;
      at=next;
     }
   return(all);
  }

//--- one whole row; false: it is left out
bool CLedgerFile::Keep(const uchar &content[],const int at,const int size,const long now_s)
  {
   CMsgPackReader row;
   SRowHead head;
   row.Attach(content,at+DTMS_ROW_HEAD,size-DTMS_ROW_HEAD);
   if(!head.Read(row) || (head.kind!=DTMS_ROW_BEGUN && head.time_s>0 && now_s-head.time_s>DTMS_LEDGER_KEEP_S))
      return(false);
   if(head.kind==DTMS_ROW_BEGUN)
      return(true);
   if(ArrayResize(m_rows,m_size+size,65536)<m_size+size || ArrayCopy(m_rows,content,m_size,at,size)!=size)
      return(false);
   m_size+=size;
   return(true);
  }

//--- what was taken over becomes the file; a damaged one is put aside
bool CLedgerFile::Replace(void)
  {
   if(m_damaged && FileIsExist(m_name) && !FileMove(m_name,0,m_name+".bad",FILE_REWRITE))
      return(false);
   return(CSmallFile::WriteBytes(m_name,m_rows,m_size));
  }

//--- the rows that were there when it was opened, one after the other; `at`: where RowAt finds it again. False: no more.
bool CLedgerFile::Next(CMsgPackReader &row,int &at)
  {
   int size=0;
   if(m_at>=m_size || CRows::Look(m_rows,m_at,m_size,size)!=ROW_WHOLE)
      return(false);
   at=m_at;
   m_at+=DTMS_ROW_HEAD+size;
   row.Attach(m_rows,at+DTMS_ROW_HEAD,size);
   return(true);
  }

bool CLedgerFile::RowAt(const int at,CMsgPackReader &row) const
  {
   int size=0;
   if(at<0 || at>=m_size || CRows::Look(m_rows,at,m_size,size)!=ROW_WHOLE)
      return(false);
   row.Attach(m_rows,at+DTMS_ROW_HEAD,size);
   return(true);
  }

//--- the rows read are not needed any more
void CLedgerFile::Forget(void)
  {
   ArrayFree(m_rows);
   m_size=0;
   m_at=0;
  }

//--- one row more, with the system when this returns true. After a failure the next row is written over what is left of it.
bool CLedgerFile::Append(const CMsgPackWriter &row,const long now_s)
  {
   uchar bytes[];
   int size=CRows::Pack(row,bytes);
   if(m_end>(ulong)DTMS_LEDGER_LARGE && now_s-m_read_s>=DTMS_LEDGER_DAY_S)
      LeaveOut(now_s);
   return(m_name!="" && OpenEnd(now_s) && Put(bytes,size));
  }

bool CLedgerFile::Put(const uchar &bytes[],const int size)
  {
   if(size==0 || !FileSeek(m_file,(long)m_end,SEEK_SET))
      return(false);
   ResetLastError();
   bool written=(FileWriteArray(m_file,bytes,0,size)==(uint)size);
   FileFlush(m_file);
   m_failed=(!written || GetLastError()!=0);
   if(!m_failed)
      m_end+=(ulong)size;
   return(!m_failed);
  }

//--- a program that runs for months: old rows are left out as when it starts
void CLedgerFile::LeaveOut(const long now_s)
  {
   bool was_damaged=m_damaged;
   string name=m_name;
   if(!Open(name,m_owner,true,now_s))
      ResetLastError();
   Forget();
   m_damaged=(m_damaged || was_damaged);
  }

#endif
//+------------------------------------------------------------------+
