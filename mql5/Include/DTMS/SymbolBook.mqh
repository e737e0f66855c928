//+------------------------------------------------------------------+
//| SymbolBook.mqh                                                   |
//| the symbols that are watched, and their specifications           |
//+------------------------------------------------------------------+
#ifndef DTMS_SYMBOL_BOOK_MQH
#define DTMS_SYMBOL_BOOK_MQH

#include "Outbox.mqh"
#include "SymbolSpecReader.mqh"

//--- why a symbol is watched; bits
#define DTMS_WATCH_CHART      1
#define DTMS_WATCH_INPUT      2
#define DTMS_WATCH_POSITION   4
#define DTMS_WATCH_SUBSCRIBED 8

#define DTMS_SPEC_CHECK_MS    5000  // a specification is read again this often
#define DTMS_SPEC_RETRY_MS    500   // and while the terminal does not have it yet
#define DTMS_SYMBOL_LIMIT     31    // characters of a symbol's name in MetaTrader

struct SWatchedSymbol
  {
   string            name;
   int               reasons;
   bool              ready;
   bool              told;
   ulong             next_ms;
   SSymbolSpec       spec;

                     SWatchedSymbol(void) : name(""),reasons(0),ready(false),told(false),next_ms(0) {}
  };

//+------------------------------------------------------------------+
//| CSymbolBook: a list that only grows, so a place in it is a       |
//| symbol's number for the life of the program; a symbol without a  |
//| reason to be watched is passed over. A specification goes before |
//| the symbol's first quote of a session, and whenever it differs.  |
//+------------------------------------------------------------------+
class CSymbolBook
  {
private:
   COutbox          *m_pOutbox;
   SWatchedSymbol    m_symbols[];
   int               m_turn;

   int               Add(const string name);
   bool              Select(const int index);
   bool              Refresh(const int index,const ulong now_ms);

public:
                     CSymbolBook(void);
   void              Init(COutbox *p_outbox);
   void              Watch(const string name,const int reason);
   void              WatchList(const string &names[],const int reason);
   void              Unwatch(const int reason);
   void              ForgetTold(void);
   bool              TellBefore(const int index,const ulong now_ms);
   void              TellOfPositions(const ulong now_ms);
   void              Pump(const ulong now_ms);
   int               Total(void) const { return(ArraySize(m_symbols)); }
   int               Find(const string name) const;
   bool              Watched(const int index) const { return(m_symbols[index].reasons!=0); }
   bool              Subscribed(const int index) const { return((m_symbols[index].reasons&DTMS_WATCH_SUBSCRIBED)!=0); }
   string            Name(const int index) const { return(m_symbols[index].name); }
  };

CSymbolBook::CSymbolBook(void) : m_pOutbox(NULL),m_turn(0)
  {
  }

//--- begins anew; places given out before stay valid
void CSymbolBook::Init(COutbox *p_outbox)
  {
   m_pOutbox=p_outbox;
   for(int i=0; i<ArraySize(m_symbols); i++)
     {
      m_symbols[i].reasons=0;
      m_symbols[i].told=false;
      m_symbols[i].next_ms=0;
     }
  }

int CSymbolBook::Find(const string name) const
  {
   for(int i=0; i<ArraySize(m_symbols); i++)
      if(m_symbols[i].name==name)
         return(i);
   return(-1);
  }

int CSymbolBook::Add(const string name)
  {
   int index=ArraySize(m_symbols);
   if(ArrayResize(m_symbols,index+1,16)<index+1)
      return(-1);
   m_symbols[index].name=name;
   return(index);
  }

//--- gives a symbol one more reason to be watched
void CSymbolBook::Watch(const string name,const int reason)
  {
   if(StringLen(name)<1 || StringLen(name)>DTMS_SYMBOL_LIMIT)
      return;
   int index=Find(name);
   if(index<0)
      index=Add(name);
   if(index>=0)
      m_symbols[index].reasons|=reason;
  }

//--- the names are all that have the reason from now on
void CSymbolBook::WatchList(const string &names[],const int reason)
  {
   Unwatch(reason);
   for(int i=0; i<ArraySize(names); i++)
      Watch(names[i],reason);
  }

//--- takes one reason from all symbols
void CSymbolBook::Unwatch(const int reason)
  {
   for(int i=0; i<ArraySize(m_symbols); i++)
      m_symbols[i].reasons&=~reason;
  }

//--- a fresh session knows no specification
void CSymbolBook::ForgetTold(void)
  {
   for(int i=0; i<ArraySize(m_symbols); i++)
     {
      m_symbols[i].told=false;
      m_symbols[i].next_ms=0;
     }
  }

//--- a symbol outside Market Watch has no figures
bool CSymbolBook::Select(const int index)
  {
   if(SymbolInfoInteger(m_symbols[index].name,SYMBOL_SELECT)!=0)
      return(true);
   ResetLastError();
   if(SymbolSelect(m_symbols[index].name,true))
      return(true);
   m_pOutbox.Notice(DTMS_NOTICE_CODE_FEED_FAILED,m_symbols[index].name,GetLastError(),
                    "the broker has no symbol "+m_symbols[index].name);
   return(false);
  }

//--- reads the specification again and tells it if it differs; false: there is none yet
bool CSymbolBook::Refresh(const int index,const ulong now_ms)
  {
   if(!Select(index))
     {
      m_symbols[index].next_ms=now_ms+DTMS_SPEC_CHECK_MS;
      return(false);
     }
   SSymbolSpec spec;
   if(!CSymbolSpecReader::Read(m_symbols[index].name,spec))
     {
      m_symbols[index].next_ms=now_ms+DTMS_SPEC_RETRY_MS;
      return(m_symbols[index].ready);
     }
   m_symbols[index].next_ms=now_ms+DTMS_SPEC_CHECK_MS;
   bool same=(m_symbols[index].ready && m_symbols[index].told && CSymbolSpecReader::Same(spec,m_symbols[index].spec));
   m_symbols[index].ready=true;
   if(same)
      return(true);
   m_symbols[index].spec=spec;
   m_symbols[index].told=m_pOutbox.SendSpec(spec);
   return(true);
  }

//--- makes sure that the specification has been told in this session; false: quotes must wait
bool CSymbolBook::TellBefore(const int index,const ulong now_ms)
  {
   if(index<0 || m_symbols[index].told)
      return(index>=0);
   if(now_ms<m_symbols[index].next_ms)
      return(false);
   return(Refresh(index,now_ms) && m_symbols[index].told);
  }

//--- the symbols of open positions, before a snapshot names them
void CSymbolBook::TellOfPositions(const ulong now_ms)
  {
   for(int i=0; i<ArraySize(m_symbols); i++)
      if((m_symbols[i].reasons&DTMS_WATCH_POSITION)!=0 && !TellBefore(i,now_ms))
         m_symbols[i].next_ms=now_ms;
  }

//--- reads one specification that is due again
void CSymbolBook::Pump(const ulong now_ms)
  {
   int total=ArraySize(m_symbols);
   for(int i=0; i<total; i++)
     {
      m_turn=(m_turn+1)%total;
      if(Watched(m_turn) && now_ms>=m_symbols[m_turn].next_ms)
        {
         if(!Refresh(m_turn,now_ms))
            continue;
         return;
        }
     }
  }

#endif
//+------------------------------------------------------------------+
