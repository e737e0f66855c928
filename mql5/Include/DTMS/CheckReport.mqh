//+------------------------------------------------------------------+
//| CheckReport.mqh                                                  |
//| what the checks of a terminal found                              |
//+------------------------------------------------------------------+
#ifndef DTMS_CHECK_REPORT_MQH
#define DTMS_CHECK_REPORT_MQH

//+------------------------------------------------------------------+
//| CCheckReport: one line a check, printed at once and kept for the |
//| file. NOTE lines are figures for whoever reads; they count as    |
//| nothing. Each line is also a look at the terminal's clock, which |
//| must never go back.                                              |
//+------------------------------------------------------------------+
class CCheckReport
  {
private:
   string            m_lines[];
   int               m_passed;
   int               m_failed;
   int               m_skipped;
   ulong             m_last_ms;
   bool              m_went_back;

   void              Line(const string text);
   bool              Save(const string file) const;

public:
                     CCheckReport(void);
   void              Pass(const string name);
   void              Fail(const string name,const string reason);
   void              Skip(const string name,const string reason);
   void              Note(const string name,const string text);
   void              Check(const string name,const bool holds,const string reason);
   bool              ClockWentBack(void) const { return(m_went_back); }
   void              Finish(const string title,const string file);
  };

CCheckReport::CCheckReport(void) : m_passed(0),m_failed(0),m_skipped(0),m_last_ms(0),m_went_back(false)
  {
  }

void CCheckReport::Pass(const string name)
  {
   m_passed++;
   Line("PASS "+name);
  }

void CCheckReport::Fail(const string name,const string reason)
  {
   m_failed++;
   Line("FAIL "+name+": "+reason);
  }

//--- a check that cannot be made here, and what it would need
void CCheckReport::Skip(const string name,const string reason)
  {
   m_skipped++;
   Line("SKIP "+name+": "+reason);
  }

//--- a figure
void CCheckReport::Note(const string name,const string text)
  {
   Line("NOTE "+name+": "+text);
  }

//--- passed, or failed for that reason
void CCheckReport::Check(const string name,const bool holds,const string reason)
  {
   if(holds)
      Pass(name);
   else
      Fail(name,reason);
  }

//--- the last line, and the file
void CCheckReport::Finish(const string title,const string file)
  {
   Line(title+": "+IntegerToString(m_passed)+" passed, "+IntegerToString(m_failed)+" failed, "+IntegerToString(m_skipped)+" skipped");
   if(!Save(file))
      Print("FAIL report: cannot write "+file+", error "+IntegerToString(GetLastError()));
  }

void CCheckReport::Line(const string text)
  {
   ulong now_ms=GetTickCount64();
   int total=ArraySize(m_lines);
   if(now_ms<m_last_ms)
      m_went_back=true;
   m_last_ms=now_ms;
   Print(text);
   if(ArrayResize(m_lines,total+1,256)==total+1)
      m_lines[total]=text;
  }

bool CCheckReport::Save(const string file) const
  {
   ResetLastError();
   int handle=FileOpen(file,FILE_WRITE|FILE_TXT|FILE_ANSI);
   if(handle==INVALID_HANDLE)
      return(false);
   bool written=true;
   for(int i=0; i<ArraySize(m_lines); i++)
      written=(FileWriteString(handle,m_lines[i]+"\r\n")>0) && written;
   FileClose(handle);
   return(written);
  }

#endif
//+------------------------------------------------------------------+
