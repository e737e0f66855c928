//+------------------------------------------------------------------+
//| CalendarFeed.mqh                                                 |
//| the economic calendar of the symbols' currencies                 |
//+------------------------------------------------------------------+
#ifndef DTMS_CALENDAR_FEED_MQH
#define DTMS_CALENDAR_FEED_MQH

#include "Elapsed.mqh"
#include "Outbox.mqh"
#include "SymbolBook.mqh"
#include "ToldReleases.mqh"

#define DTMS_CALENDAR_BACK_S   86400     // releases told: of the last day,
#define DTMS_CALENDAR_AHEAD_S  604800    // and of the next week
#define DTMS_CALENDAR_KEPT_S   172800    // how long one that is over stays known, for late corrections
#define DTMS_CALENDAR_POLL_MS  5000      // changes are asked for this often
#define DTMS_CALENDAR_LIST_MS  86400000  // the whole list is read this often: releases come nearer without a change
#define DTMS_CALENDAR_RETRY_MS 30000     // pause after a failure
#define DTMS_CALENDAR_BLOCK_MS 10000     // how long a call that finds the calendar unread may block
#define DTMS_CALENDAR_REST     9         // pause after each step, in times of what it took: nine tenths of the time are for the rest
#define DTMS_CALENDAR_A_STEP   4         // releases looked at in one event at most (R03)
#define DTMS_CALENDAR_TEXT     512       // characters of a Text field

struct SCalendarLine
  {
   string            currency;
   bool              wanted;       // a watched symbol has it
   bool              seen;
   bool              unknown;      // the calendar says that it has nothing of this currency
   ulong             next_ms;      // when its list is to be read; 0: at once

                     SCalendarLine(void) : currency(""),wanted(false),seen(false),unknown(false),next_ms(0) {}
  };

//+------------------------------------------------------------------+
//| CCalendarFeed: asks the calendar for its changes, and each       |
//| currency's whole list when a session begins, when the currency   |
//| is wanted, and once a day. What comes waits in one batch that is |
//| worked off a few releases at a time; each is told when it is     |
//| news. The calendar is the least urgent part: it works only while |
//| nothing else waits for the connection.                           |
//+------------------------------------------------------------------+
class CCalendarFeed
  {
private:
   COutbox          *m_pOutbox;
   CSymbolBook      *m_pBook;
   CToldReleases     m_told;
   SCalendarLine     m_lines[];
   MqlCalendarValue  m_values[];   // the batch
   int               m_place;      // how far it is worked off
   ulong             m_state;      // of the calendar at the last poll; 0: not known yet
   ulong             m_poll_ms;
   ulong             m_rest_ms;
   bool              m_read;       // the last call went well
   bool              m_failed;     // it did not, which has been told

   void              Step(const int line,const ulong now_ms);
   void              Poll(const ulong now_ms);
   void              ReadLine(const int line,const ulong now_ms);
   bool              Settled(const int count,const int error);
   void              Fail(const int error);
   void              FindCurrencies(void);
   void              Want(const string currency);
   bool              Wanted(const string currency) const;
   int               DueLine(const ulong now_ms) const;
   bool              AllUnknown(void) const;
   void              TellSome(void);
   bool              Look(const MqlCalendarValue &value);
   bool              Near(const long time_s) const;
   bool              Describe(const MqlCalendarValue &value,SCalendarEvent &message) const;
   static bool       Figure(const long millionths,double &figure);

public:
                     CCalendarFeed(void);
   void              Init(COutbox *p_outbox,CSymbolBook *p_book);
   void              Accepted(const bool resume);
   void              ReadAgain(void);
   void              Pump(const ulong now_ms);
  };

CCalendarFeed::CCalendarFeed(void) : m_pOutbox(NULL),m_pBook(NULL),m_place(0),m_state(0),m_poll_ms(0),m_rest_ms(0),m_read(false),m_failed(false)
  {
  }

void CCalendarFeed::Init(COutbox *p_outbox,CSymbolBook *p_book)
  {
   m_pOutbox=p_outbox;
   m_pBook=p_book;
   m_rest_ms=0;
   m_read=false;
   Accepted(false);
  }

//--- a session that goes on has its releases; a fresh one gets them all. A pause goes on: a failing calendar must not block each logon
void CCalendarFeed::Accepted(const bool resume)
  {
   if(resume)
      return;
   m_told.Clear();
   ArrayFree(m_values);
   m_place=0;
   m_poll_ms=0;
   m_failed=false;
   ReadAgain();
  }

//--- all lists are due; also when the server's clock was put forward or back, which moves the times of all releases
void CCalendarFeed::ReadAgain(void)
  {
   for(int i=0; i<ArraySize(m_lines); i++)
      m_lines[i].next_ms=0;
  }

//--- one step, if one is due and nothing else waits for the connection
void CCalendarFeed::Pump(const ulong now_ms)
  {
   if(now_ms<m_rest_ms)
      return;
   int line=DueLine(now_ms);
   if((m_place>=ArraySize(m_values) && now_ms<m_poll_ms && line<0) || !m_pOutbox.RoomForQuotes())
      return;
   ulong before_ms=GetTickCount64();
   Step(line,now_ms);
   ulong after_ms=GetTickCount64();
   ulong rested_ms=after_ms+CElapsed::Ms(after_ms,before_ms)*DTMS_CALENDAR_REST;
   if(m_rest_ms<rested_ms)
      m_rest_ms=rested_ms;
  }

//--- what waits, then changes, then lists
void CCalendarFeed::Step(const int line,const ulong now_ms)
  {
   if(m_place<ArraySize(m_values))
      TellSome();
   else if(now_ms>=m_poll_ms)
      Poll(now_ms);
   else
      ReadLine(line,now_ms);
  }

//--- asks for what changed since the last poll
void CCalendarFeed::Poll(const ulong now_ms)
  {
   m_poll_ms=now_ms+DTMS_CALENDAR_POLL_MS;
   FindCurrencies();
   ulong state=m_state;
   bool announced=!m_read;
   if(announced)
      m_pOutbox.Busy(DTMS_CALENDAR_BLOCK_MS);
   ResetLastError();
   int count=CalendarValueLast(state,m_values);
   int error=GetLastError();
   if(announced)
      m_pOutbox.Busy(0);
   if(!Settled(count,error))
      return;
//--- the first state comes without the changes that led to it
   if(m_state==0 && state!=0)
      ReadAgain();
   m_state=state;
  }

//--- reads the whole list of one currency
void CCalendarFeed::ReadLine(const int line,const ulong now_ms)
  {
   long server_s=(long)TimeTradeServer();
   if(server_s<=0)
     {
      m_rest_ms=now_ms+DTMS_CALENDAR_RETRY_MS;
      return;
     }
   m_told.Forget(server_s-DTMS_CALENDAR_KEPT_S);
   datetime from=(datetime)(server_s-DTMS_CALENDAR_BACK_S);
   datetime till=(datetime)(server_s+DTMS_CALENDAR_AHEAD_S);
   m_pOutbox.Busy(DTMS_CALENDAR_BLOCK_MS);
   ResetLastError();
   int count=CalendarValueHistory(m_values,from,till,NULL,m_lines[line].currency);
   int error=GetLastError();
   m_pOutbox.Busy(0);
   if(!Settled(count,error))
      return;
   m_lines[line].next_ms=now_ms+DTMS_CALENDAR_LIST_MS;
   m_lines[line].unknown=(error==ERR_CALENDAR_NO_DATA);
   if(error==0)
      m_failed=false;
   if(AllUnknown())
      Fail(error);
  }

//--- takes the result of a call as the next batch; false: it failed. That there is no data is an answer: metals have no calendar.
bool CCalendarFeed::Settled(const int count,const int error)
  {
   m_place=0;
   if(count<=0)
      ArrayFree(m_values);
   if(count<=0 && error!=0 && error!=ERR_CALENDAR_NO_DATA)
     {
      Fail(error);
      return(false);
     }
   m_read=true;
   return(true);
  }

//--- a pause, and one word about it until a list can be read again; all of them are
void CCalendarFeed::Fail(const int error)
  {
   m_read=false;
   ReadAgain();
   m_rest_ms=GetTickCount64()+DTMS_CALENDAR_RETRY_MS;
   if(m_failed)
      return;
   m_failed=true;
   m_pOutbox.Notice(DTMS_NOTICE_CODE_FEED_FAILED,"",error,"the economic calendar cannot be read, error "+IntegerToString(error));
  }

//--- the currencies of the watched symbols; what was not wanted for a while is read anew
void CCalendarFeed::FindCurrencies(void)
  {
   for(int i=0; i<ArraySize(m_lines); i++)
      m_lines[i].seen=false;
   for(int i=0; i<m_pBook.Total(); i++)
     {
      if(!m_pBook.Watched(i))
         continue;
      string symbol=m_pBook.Name(i);
      Want(SymbolInfoString(symbol,SYMBOL_CURRENCY_BASE));
      Want(SymbolInfoString(symbol,SYMBOL_CURRENCY_PROFIT));
      Want(SymbolInfoString(symbol,SYMBOL_CURRENCY_MARGIN));
     }
   for(int i=0; i<ArraySize(m_lines); i++)
     {
      if(m_lines[i].seen && !m_lines[i].wanted)
         m_lines[i].next_ms=0;
      m_lines[i].wanted=m_lines[i].seen;
     }
  }

void CCalendarFeed::Want(const string currency)
  {
   if(StringLen(currency)==0)
      return;
   int total=ArraySize(m_lines);
   int place=0;
   while(place<total && m_lines[place].currency!=currency)
      place++;
   if(place==total)
     {
      if(ArrayResize(m_lines,total+1,16)<total+1)
         return;
      m_lines[place].currency=currency;
     }
   m_lines[place].seen=true;
  }

bool CCalendarFeed::Wanted(const string currency) const
  {
   for(int i=0; i<ArraySize(m_lines); i++)
      if(m_lines[i].wanted && m_lines[i].currency==currency)
         return(true);
   return(false);
  }

//--- a currency whose list is due; -1: none
int CCalendarFeed::DueLine(const ulong now_ms) const
  {
   for(int i=0; i<ArraySize(m_lines); i++)
      if(m_lines[i].wanted && now_ms>=m_lines[i].next_ms)
         return(i);
   return(-1);
  }

//--- whether all lists have been read and none had anything: then it is the calendar that is missing
bool CCalendarFeed::AllUnknown(void) const
  {
   for(int i=0; i<ArraySize(m_lines); i++)
      if(m_lines[i].wanted && (!m_lines[i].unknown || m_lines[i].next_ms==0))
         return(false);
   return(ArraySize(m_lines)>0);
  }

//--- a few releases of the batch
void CCalendarFeed::TellSome(void)
  {
   int total=ArraySize(m_values);
   for(int i=0; i<DTMS_CALENDAR_A_STEP && m_place<total; i++)
     {
      if(!Look(m_values[m_place]))
         return;
      m_place++;
     }
  }

//--- tells a release if it is news; false: the calendar does not answer, the release has to wait
bool CCalendarFeed::Look(const MqlCalendarValue &value)
  {
   SRelease release;
   release.id=value.id;
   release.time_s=(long)value.time;
   release.actual=value.actual_value;
   release.forecast=value.forecast_value;
   release.previous=(value.revised_prev_value==LONG_MIN ? value.prev_value : value.revised_prev_value);
   if(release.id==0 || m_told.Same(release) || (!m_told.Knows(release.id) && !Near(release.time_s)))
      return(true);
   SCalendarEvent message;
   ResetLastError();
   if(!Describe(value,message))
     {
      int error=GetLastError();
      if(error!=ERR_CALENDAR_TIMEOUT)
         return(true);
      Fail(error);
      return(false);
     }
   if(!Wanted(message.currency))
      return(true);
   message.value_id=release.id;
   message.event_id=value.event_id;
   message.ts_release=release.time_s*1000;
   message.has_actual=Figure(release.actual,message.actual);
   message.has_forecast=Figure(release.forecast,message.forecast);
   message.has_previous=Figure(release.previous,message.previous);
   if(m_pOutbox.SendCalendar(message) && !m_told.Put(release))
      Print("DTMS: no memory for the economic calendar");
   return(true);
  }

bool CCalendarFeed::Near(const long time_s) const
  {
   long server_s=(long)TimeTradeServer();
   return(time_s>0 && time_s>=server_s-DTMS_CALENDAR_BACK_S && time_s<=server_s+DTMS_CALENDAR_AHEAD_S);
  }

//--- what kind of release it is, and whose; false: the calendar does not say
bool CCalendarFeed::Describe(const MqlCalendarValue &value,SCalendarEvent &message) const
  {
   MqlCalendarEvent kind;
   MqlCalendarCountry country;
   if(!CalendarEventById(value.event_id,kind) || !CalendarCountryById((long)kind.country_id,country))
      return(false);
   message.country=CCodes::Clip(country.code,DTMS_CALENDAR_TEXT);
   message.currency=CCodes::Clip(country.currency,DTMS_CALENDAR_TEXT);
   message.importance=CCodes::Importance(kind.importance);
   message.name=CCodes::Clip(kind.name,DTMS_CALENDAR_TEXT);
   return(true);
  }

//--- a figure from millionths; false: there is none
bool CCalendarFeed::Figure(const long millionths,double &figure)
  {
   if(millionths==LONG_MIN)
      return(false);
   figure=(double)millionths/1000000.0;
   return(true);
  }

#endif
//+------------------------------------------------------------------+
