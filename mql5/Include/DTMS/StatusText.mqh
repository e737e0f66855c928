//+------------------------------------------------------------------+
//| StatusText.mqh                                                   |
//| the state of the bridge in plain words                           |
//+------------------------------------------------------------------+
#ifndef DTMS_STATUS_TEXT_MQH
#define DTMS_STATUS_TEXT_MQH

#include "Panel.mqh"
#include "Permissions.mqh"
#include "Protocol.mqh"

//--- lines of the panel
#define DTMS_LINE_TITLE     0
#define DTMS_LINE_LINK      1
#define DTMS_LINE_SERVER    2
#define DTMS_LINE_ROLE      3
#define DTMS_LINE_HANDS     4
#define DTMS_LINE_POSITIONS 5
#define DTMS_LINE_COMMAND   6
#define DTMS_LINE_MISSING   7   // and the lines below it
#define DTMS_MISSING_LINES  3

//--- everything that the panel says
struct SStatus
  {
   string            title;
   bool              up;
   string            state;        // of the link
   string            server;
   string            error;        // of the link
   string            refused;      // why the bridge does not want us
   string            alarm;        // of the link
   int               role;         // 0: none yet
   bool              act;
   bool              hands_off;
   bool              hands_off_chart; // pressed here; else by the bridge
   bool              idle;         // the manager, but without the account's files
   bool              silent;       // plans are carried out
   int               positions;
   string            command;

                     SStatus(void) : title(""),up(false),state(""),server(""),error(""),refused(""),alarm(""),role(0),act(false),hands_off(false),
                     hands_off_chart(false),idle(false),silent(false),positions(0),command("") {}
  };

class CStatusText
  {
private:
   static string     Role(const SStatus &status);

public:
   static string     Missing(const SStatus &status,const int permissions);
   static void       Show(const SStatus &status,CPanel &panel);
  };

//--- what this Expert Advisor is to its account
string CStatusText::Role(const SStatus &status)
  {
   if(!status.up)
      return(status.silent ? "role: none, the bridge is silent: plans are carried out" : "role: none while there is no link");
   if(status.idle)
      return("role: none, another program has the account's files");
   switch(status.role)
     {
      case DTMS_ROLE_MANAGER:
         return(status.act ? "role: manager, mode: act" : "role: manager, mode: observe");
      case DTMS_ROLE_FEED:
         return("role: feed, sends quotes and executes nothing");
      default:
         return("role: observer, no common protocol version");
     }
  }

//--- the one thing to be done now; empty: nothing is missing
string CStatusText::Missing(const SStatus &status,const int permissions)
  {
   string advice=CPermissions::Advice(permissions);
   if(advice!="")
      return(advice);
   if(status.alarm!="")
      return(status.alarm+"; nothing is opened until you confirm");
   if(status.up)
      return("");
   if(status.refused!="")
      return("the bridge refuses: "+status.refused);
   return(status.error!="" ? status.error : "waiting for the bridge");
  }

//--- fills the lines of the panel
void CStatusText::Show(const SStatus &status,CPanel &panel)
  {
   string missing=Missing(status,CPermissions::Read());
   panel.SetLine(DTMS_LINE_TITLE,status.title,false);
   panel.SetLine(DTMS_LINE_LINK,"link: "+status.state,!status.up);
   panel.SetLine(DTMS_LINE_SERVER,"server: "+status.server,false);
   panel.SetLine(DTMS_LINE_ROLE,Role(status),false);
   panel.SetLine(DTMS_LINE_HANDS,status.hands_off ? (status.hands_off_chart ? "hands off: on, nothing is executed" : "hands off: on, by the bridge; nothing is executed") : "hands off: no",status.hands_off);
   panel.SetLine(DTMS_LINE_POSITIONS,"positions watched: "+IntegerToString(status.positions),false);
   panel.SetLine(DTMS_LINE_COMMAND,"last command: "+status.command,false);
   panel.SetParagraph(DTMS_LINE_MISSING,DTMS_MISSING_LINES,missing!="" ? "to do: "+missing : "nothing is missing",missing!="");
   panel.SetConfirm(status.alarm!="");
   panel.SetButton(status.hands_off_chart ? "Allow DTMS again" : "Hands off");
  }

#endif
//+------------------------------------------------------------------+
