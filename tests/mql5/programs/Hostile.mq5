//+------------------------------------------------------------------+
//| Hostile.mq5                                                      |
//| many DEALERs that dial somebody who is no ROUTER                 |
//+------------------------------------------------------------------+
#include <DTMS/ZmtpCurve.mqh>
#include <DTMS/ZmtpDealer.mqh>

input int Port=0;
input int Total=1000;
input int PatienceMs=100;
input string KeyFile="";   // CURVE with the keys of this file

#define HOSTILE_DEALERS 32
#define HOSTILE_STATUS  1002

CKeyFile g_keys;
CZmtpCurve g_curves[HOSTILE_DEALERS];
CZmtpDealer g_dealers[HOSTILE_DEALERS];
ulong g_opened[HOSTILE_DEALERS];
bool g_in_use[HOSTILE_DEALERS];
int g_started=0;
int g_refused=0;
int g_silent=0;
int g_ready=0;
int g_messages=0;

int OnInit(void)
  {
   if(KeyFile!="" && !g_keys.Open(KeyFile))
      return(INIT_FAILED);
   for(int i=0; i<HOSTILE_DEALERS; i++)
     {
      g_in_use[i]=false;
      g_opened[i]=0;
      g_curves[i].SetKeyFile(GetPointer(g_keys));
      if(g_keys.IsOpen())
         g_dealers[i].SetMechanism(GetPointer(g_curves[i]));
     }
   return(INIT_SUCCEEDED);
  }

//--- one dealer's turn
void Turn(const int at)
  {
   if(!g_in_use[at])
     {
      if(g_started>=Total)
         return;
      g_started++;
      g_in_use[at]=g_dealers[at].Open("127.0.0.1",(uint)Port,500);
      g_opened[at]=GetTickCount64();
      if(!g_in_use[at])
         g_refused++;
      return;
     }
   for(int i=0; i<64; i++)
     {
      ENUM_ZMTP_EVENT event=g_dealers[at].Next();
      if(event==ZMTP_READY)
         g_ready++;
      if(event==ZMTP_MESSAGE || event==ZMTP_MULTIPART)
         g_messages++;
      if(event==ZMTP_LOST || event==ZMTP_TOO_LARGE)
        {
         g_refused++;
         g_in_use[at]=false;
         g_dealers[at].Close();
         return;
        }
      if(event==ZMTP_NOTHING)
         break;
     }
   g_dealers[at].Flush();
   if(GetTickCount64()-g_opened[at]<(ulong)PatienceMs)
      return;
   g_silent++;
   g_in_use[at]=false;
   g_dealers[at].Close();
  }

void OnTimer(void)
  {
   for(int i=0; i<HOSTILE_DEALERS; i++)
      Turn(i);
  }

void OnChartEvent(const int id,const long &lparam,const double &dparam,const string &sparam)
  {
   Comment("started="+IntegerToString(g_started)+";refused="+IntegerToString(g_refused)+";silent="+IntegerToString(g_silent)+
           ";ready="+IntegerToString(g_ready)+";messages="+IntegerToString(g_messages));
  }
