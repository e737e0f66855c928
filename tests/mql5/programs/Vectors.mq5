//+------------------------------------------------------------------+
//| Vectors.mq5                                                      |
//| reads every *.msgpack of its files folder and writes it again    |
//+------------------------------------------------------------------+
#include <DTMS/FrameHeader.mqh>
#include <DTMS/Messages.mqh>

#define AGAIN(STRUCT)                        \
  {                                          \
   STRUCT message;                           \
   if(!message.Read(g_reader))               \
      return(false);                         \
   message.Write(g_writer);                  \
   return(true);                             \
  }

CMsgPackReader g_reader;
CMsgPackWriter g_writer;

//--- quotes are only ever sent, so there is no Read for them
bool Ticks(void)
  {
   int width=0;
   ulong tick_seq=0;
   int total=0;
   if(!g_reader.Array(width) || width!=2 || !g_reader.UInt(tick_seq) || !g_reader.Array(total))
      return(false);
   g_writer.Array(2);
   g_writer.UInt(tick_seq);
   g_writer.Array(total);
   for(int i=0; i<total; i++)
     {
      STick tick;
      ulong quotes=0;
      ulong flags=0;
      if(!g_reader.Array(width) || !g_reader.Text(tick.symbol) || !g_reader.Int(tick.ts_event) || !g_reader.Real(tick.bid) ||
         !g_reader.Real(tick.ask) || !g_reader.Real(tick.low_bid) || !g_reader.Real(tick.high_ask) || !g_reader.UInt(quotes) ||
         !g_reader.Real(tick.buys) || !g_reader.Real(tick.sells) || !g_reader.UInt(flags))
         return(false);
      tick.quotes=(uint)quotes;
      tick.flags=(int)flags;
      tick.Write(g_writer);
     }
   return(true);
  }

bool Market(const int type)
  {
   switch(type)
     {
      case DTMS_MSG_TICKS:
         return(Ticks());
      case DTMS_MSG_BAR_CLOSED:
         AGAIN(SBarClosed);
      case DTMS_MSG_BARS_REQUEST:
         AGAIN(SBarsRequest);
      case DTMS_MSG_BARS:
         AGAIN(SBars);
      case DTMS_MSG_SYMBOL_SPEC:
         AGAIN(SSymbolSpec);
      case DTMS_MSG_ACCOUNT:
         AGAIN(SAccount);
      case DTMS_MSG_CALENDAR_EVENT:
         AGAIN(SCalendarEvent);
      case DTMS_MSG_CLOCK_OFFSET:
         AGAIN(SClockOffset);
      default:
         return(false);
     }
  }

bool Trades(const int type)
  {
   switch(type)
     {
      case DTMS_MSG_SNAPSHOT:
         AGAIN(SSnapshot);
      case DTMS_MSG_POSITION_OPENED:
         AGAIN(SPositionOpened);
      case DTMS_MSG_POSITION_CHANGED:
         AGAIN(SPositionChanged);
      case DTMS_MSG_POSITION_CLOSED:
         AGAIN(SPositionClosed);
      case DTMS_MSG_DEAL:
         AGAIN(SDeal);
      case DTMS_MSG_ORDER_SEEN:
         AGAIN(SOrderSeen);
      case DTMS_MSG_NOTICE:
         AGAIN(SNotice);
      case DTMS_MSG_MODIFY_POSITION:
         AGAIN(SModifyPosition);
      case DTMS_MSG_REDUCE_POSITION:
         AGAIN(SReducePosition);
      case DTMS_MSG_OPEN_POSITION:
         AGAIN(SOpenPosition);
      case DTMS_MSG_CLOSE_BY:
         AGAIN(SCloseBy);
      case DTMS_MSG_EXECUTION_REPORT:
         AGAIN(SExecutionReport);
      default:
         return(Market(type));
     }
  }

bool Body(const int type)
  {
   switch(type)
     {
      case DTMS_MSG_LOGON:
         AGAIN(SLogon);
      case DTMS_MSG_LOGON_ACCEPTED:
         AGAIN(SLogonAccepted);
      case DTMS_MSG_LOGON_REFUSED:
         AGAIN(SLogonRefused);
      case DTMS_MSG_HEARTBEAT:
         AGAIN(SHeartbeat);
      case DTMS_MSG_TEST_REQUEST:
         AGAIN(STestRequest);
      case DTMS_MSG_REJECT:
         AGAIN(SReject);
      case DTMS_MSG_LOGOUT:
         AGAIN(SLogout);
      case DTMS_MSG_CREDIT:
         AGAIN(SCredit);
      case DTMS_MSG_ROLE_CHANGED:
         AGAIN(SRoleChanged);
      case DTMS_MSG_SUBSCRIBE:
         AGAIN(SSubscribe);
      case DTMS_MSG_LEASE:
         AGAIN(SLease);
      case DTMS_MSG_HANDS_OFF:
         AGAIN(SHandsOff);
      case DTMS_MSG_SNAPSHOT_REQUEST:
         AGAIN(SSnapshotRequest);
      default:
         return(Trades(type));
     }
  }

//--- one frame; false: it was not understood
bool Frame(const uchar &bytes[],const int size)
  {
   SFrameHeader header;
   g_reader.Attach(bytes,0,size);
   g_writer.Reset();
   if(!header.Read(g_reader))
      return(false);
   header.Write(g_writer);
   return(Body(header.type) && g_reader.AtEnd());
  }

bool ReadFile(const string name,uchar &bytes[],int &size)
  {
   int handle=FileOpen(name,FILE_READ|FILE_BIN);
   if(handle==INVALID_HANDLE)
      return(false);
   size=(int)FileReadArray(handle,bytes);
   FileClose(handle);
   return(size>0);
  }

bool WriteFile(const string name)
  {
   uchar bytes[];
   g_writer.CopyTo(bytes);
   int handle=FileOpen(name,FILE_WRITE|FILE_BIN);
   if(handle==INVALID_HANDLE)
      return(false);
   uint written=FileWriteArray(handle,bytes);
   FileClose(handle);
   return(written==(uint)ArraySize(bytes));
  }

void OnStart(void)
  {
   string name="";
   long search=FileFindFirst("*.msgpack",name);
   if(search==INVALID_HANDLE)
      return;
   bool more=true;
   while(more)
     {
      uchar bytes[];
      int size=0;
      if(!ReadFile(name,bytes,size) || !Frame(bytes,size) || !WriteFile(name+".again"))
         Print("refused "+name);
      more=FileFindNext(search,name);
     }
   FileFindClose(search);
  }
