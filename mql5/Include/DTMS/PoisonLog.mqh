//+------------------------------------------------------------------+
//| PoisonLog.mqh                                                    |
//| frames that were not understood, by either side (R26)            |
//+------------------------------------------------------------------+
#ifndef DTMS_POISON_LOG_MQH
#define DTMS_POISON_LOG_MQH

//--- three in a minute are an alarm
#define DTMS_POISON_WINDOW_MS 60000
#define DTMS_POISON_ALARM     3
//--- most bytes of a frame that are kept for whoever looks into it
#define DTMS_POISON_KEPT      65536

//+------------------------------------------------------------------+
//| CPoisonLog: keeps the last bad frame and raises an alarm that    |
//| stays until the user confirms it.                                |
//+------------------------------------------------------------------+
class CPoisonLog
  {
private:
   ulong             m_times[DTMS_POISON_ALARM];
   int               m_recent;
   ulong             m_total;
   string            m_reason;
   string            m_alarm;
   uchar             m_bytes[];

public:
                     CPoisonLog(void) : m_recent(0),m_total(0),m_reason(""),m_alarm("") {}
   void              Note(const ulong now_ms,const string reason);
   void              Keep(const uchar &frame[],const int size);
   ulong             Total(void) const { return(m_total); }
   string            Reason(void) const { return(m_reason); }
   string            Alarm(void) const { return(m_alarm); }
   void              Confirm(void);
   void              LastFrame(uchar &frame[]) const;
  };

//--- one more bad frame
void CPoisonLog::Note(const ulong now_ms,const string reason)
  {
   //--- a ring of the last three times; before this one is entered, the place behind it is the oldest
   int oldest=(m_recent+1)%DTMS_POISON_ALARM;
   m_times[m_recent%DTMS_POISON_ALARM]=now_ms;
   m_recent++;
   m_total++;
   m_reason=reason;
   if(m_recent>=DTMS_POISON_ALARM && now_ms-m_times[oldest]<DTMS_POISON_WINDOW_MS)
      m_alarm="three bad frames within a minute, the last: "+reason;
  }

//--- the bytes of the last one; what was kept before is forgotten
void CPoisonLog::Keep(const uchar &frame[],const int size)
  {
   int kept=(size<DTMS_POISON_KEPT ? size : DTMS_POISON_KEPT);
   if(ArrayResize(m_bytes,kept)==kept && kept>0)
      ArrayCopy(m_bytes,frame,0,0,kept);
  }

//--- the user has seen the alarm; three more are needed for the next
void CPoisonLog::Confirm(void)
  {
   m_alarm="";
   m_recent=0;
  }

//--- the first 64 KiB of the last bad frame; empty: none, or nothing of it was taken in
void CPoisonLog::LastFrame(uchar &frame[]) const
  {
   int size=ArraySize(m_bytes);
   if(ArrayResize(frame,size)==size && size>0)
      ArrayCopy(frame,m_bytes,0,0,size);
  }

#endif
//+------------------------------------------------------------------+
