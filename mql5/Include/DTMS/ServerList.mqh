//+------------------------------------------------------------------+
//| ServerList.mqh                                                   |
//| the bridges that the user named, and whose turn it is            |
//+------------------------------------------------------------------+
#ifndef DTMS_SERVER_LIST_MQH
#define DTMS_SERVER_LIST_MQH

struct SServer
  {
   string            host;
   uint              port;
   ulong             held_until_ms;   // it refused us and asked for patience until then
                     SServer(void) : host(""),port(0),held_until_ms(0) {}
  };

//+------------------------------------------------------------------+
//| CServerList: "host:port,host:port", an IPv6 address in brackets. |
//| The turn stays with a server until it is passed on; a server on  |
//| hold is passed over.                                             |
//+------------------------------------------------------------------+
class CServerList
  {
private:
   SServer           m_servers[];
   int               m_turn;
   string            m_error;

   bool              Add(const string entry);

public:
                     CServerList(void) : m_turn(0),m_error("") {}
   bool              Parse(const string list);
   int               Total(void) const { return(ArraySize(m_servers)); }
   bool              Choose(const ulong now_ms);
   void              PassOn(void);
   void              Hold(const ulong until_ms);
   string            Host(void) const;
   uint              Port(void) const;
   string            Name(void) const;
   string            Error(void) const { return(m_error); }
  };

//--- reads the list; false: Error() names the entry that is none
bool CServerList::Parse(const string list)
  {
   string entries[];
   m_turn=0;
   m_error="";
   ArrayFree(m_servers);
   int total=StringSplit(list,',',entries);
   for(int i=0; i<total; i++)
     {
      string entry=entries[i];
      StringTrimLeft(entry);
      StringTrimRight(entry);
      if(StringLen(entry)>0 && !Add(entry))
        {
         m_error="\""+entry+"\" is no host:port; an IPv6 address needs brackets, as in [::1]:5557";
         return(false);
        }
     }
   if(Total()==0)
      m_error="no server is named";
   return(Total()>0);
  }

//--- gives the turn to the first server from the present one on that is not on hold; false: all are
bool CServerList::Choose(const ulong now_ms)
  {
   for(int i=0; i<Total(); i++)
     {
      if(m_servers[m_turn].held_until_ms<=now_ms)
         return(true);
      PassOn();
     }
   return(false);
  }

//--- the next one's turn
void CServerList::PassOn(void)
  {
   if(Total()>0)
      m_turn=(m_turn+1)%Total();
  }

//--- the present one is left alone until then
void CServerList::Hold(const ulong until_ms)
  {
   if(Total()>0)
      m_servers[m_turn].held_until_ms=until_ms;
  }

string CServerList::Host(void) const
  {
   return(Total()>0 ? m_servers[m_turn].host : "");
  }

uint CServerList::Port(void) const
  {
   return(Total()>0 ? m_servers[m_turn].port : 0);
  }

//--- "host:port"
string CServerList::Name(void) const
  {
   if(Total()==0)
      return("");
   bool brackets=(StringFind(Host(),":")>=0);
   return((brackets ? "["+Host()+"]" : Host())+":"+IntegerToString((long)Port()));
  }

//--- one entry
bool CServerList::Add(const string entry)
  {
   int total=Total();
   bool brackets=(StringGetCharacter(entry,0)=='[');
   int colon=(brackets ? StringFind(entry,"]:")+1 : StringFind(entry,":"));
   if(colon<(brackets ? 3 : 1))
      return(false);
   string digits=StringSubstr(entry,colon+1);
   long port=StringToInteger(digits);
   if(port<1 || port>65535 || IntegerToString(port)!=digits || ArrayResize(m_servers,total+1)!=total+1)
      return(false);
   m_servers[total].host=(brackets ? StringSubstr(entry,1,colon-2) : StringSubstr(entry,0,colon));
   m_servers[total].port=(uint)port;
   m_servers[total].held_until_ms=0;
   return(true);
  }

#endif
//+------------------------------------------------------------------+
