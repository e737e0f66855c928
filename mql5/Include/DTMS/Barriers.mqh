//+------------------------------------------------------------------+
//| Barriers.mqh                                                     |
//| what keeps commands from being executed at the moment            |
//+------------------------------------------------------------------+
#ifndef DTMS_BARRIERS_MQH
#define DTMS_BARRIERS_MQH

#include "Command.mqh"

//--- the Why for each kind of command; DTMS_WHY_NONE: nothing keeps it
struct SBarriers
  {
   int               bridge;    // commands of the bridge
   int               opening;   // those among them that open
   int               floor;     // the Expert Advisor's own floors
   int               silence;   // and its acts after silence

                     SBarriers(void) : bridge(DTMS_WHY_NONE),opening(DTMS_WHY_NONE),floor(DTMS_WHY_NONE),silence(DTMS_WHY_NONE) {}

   int               Of(const SCommand &command) const
     {
      if(command.act!=DTMS_ACT_NONE)
         return(command.act==DTMS_ACT_FLOOR ? floor : silence);
      return(bridge==DTMS_WHY_NONE && command.kind==DTMS_MSG_OPEN_POSITION ? opening : bridge);
     }
  };

//+------------------------------------------------------------------+
//| CBarriers: role, files, hands off, alarm, and silence. Acts of   |
//| our own need the files, but no bridge (R09, R26, R27).           |
//+------------------------------------------------------------------+
class CBarriers
  {
private:
   bool              m_manager;
   bool              m_hands_off_chart;   // each side's stays until that side takes it back
   bool              m_hands_off_bridge;
   bool              m_alarm;             // too many bad frames: nothing is opened (R26)
   bool              m_records;           // the account's files are ours
   bool              m_silent;            // plans are being carried out (R27)
   bool              m_doubtful;          // the ledger is damaged, and the history not complete yet

public:
                     CBarriers(void) : m_manager(false),m_hands_off_chart(false),m_hands_off_bridge(false),m_alarm(false),m_records(false),m_silent(false),
                     m_doubtful(false) {}
   void              Manager(const bool on) { m_manager=on; }
   void              HandsOffByChart(const bool on) { m_hands_off_chart=on; }
   void              HandsOffByBridge(const bool on) { m_hands_off_bridge=on; }
   void              Alarm(const bool on) { m_alarm=on; }
   void              Records(const bool on) { m_records=on; }
   void              Silent(const bool on) { m_silent=on; }
   void              Doubtful(const bool on) { m_doubtful=on; }
   bool              IsHandsOffByChart(void) const { return(m_hands_off_chart); }
   bool              IsHandsOffByBridge(void) const { return(m_hands_off_bridge); }
   bool              IsHandsOff(void) const { return(m_hands_off_chart || m_hands_off_bridge); }
   void              Fill(SBarriers &barriers) const;
   int               Of(const SCommand &command) const;
   string            Words(const int why) const;
  };

void CBarriers::Fill(SBarriers &barriers) const
  {
   int hands_off=(IsHandsOff() ? DTMS_WHY_HANDS_OFF : DTMS_WHY_NONE);
   barriers.bridge=(m_manager && m_records ? hands_off : DTMS_WHY_NOT_MANAGER);
   barriers.opening=(m_alarm ? DTMS_WHY_HANDS_OFF : DTMS_WHY_NONE);
   if(m_doubtful)
      barriers.opening=DTMS_WHY_LEDGER;
   barriers.floor=(m_records ? hands_off : DTMS_WHY_NOT_MANAGER);
   barriers.silence=(m_silent ? barriers.floor : DTMS_WHY_NOT_MANAGER);
  }

int CBarriers::Of(const SCommand &command) const
  {
   SBarriers barriers;
   Fill(barriers);
   return(barriers.Of(command));
  }

//--- the sentence for a barrier or a cap
string CBarriers::Words(const int why) const
  {
   switch(why)
     {
      case DTMS_WHY_NOT_MANAGER:
         return(m_manager ? "the account's files are in use by another Expert Advisor" : "this Expert Advisor is not the manager of the account");
      case DTMS_WHY_LEDGER:
         return("the ledger was lost or damaged: nothing is opened until the history has caught up");
      case DTMS_WHY_HANDS_OFF:
         return(IsHandsOff() ? "hands off is on" : "three bad frames within a minute: nothing is opened until the user confirms, on the chart or with OK in the inputs");
      case DTMS_WHY_CAP_LOTS:
         return("the input MaxOpenLots does not allow it");
      case DTMS_WHY_CAP_ORDERS:
         return("the input MaxOrdersPerMinute does not allow it");
      case DTMS_WHY_CAP_OPERATION:
         return("the inputs AllowModify and AllowReduce do not allow it");
      case DTMS_WHY_CAP_SYMBOL:
         return("the input AllowedSymbols does not allow it");
      default:
         return("");
     }
  }

#endif
//+------------------------------------------------------------------+
