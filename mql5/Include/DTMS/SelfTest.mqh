//+------------------------------------------------------------------+
//| SelfTest.mqh                                                     |
//| all checks of a terminal, one after the other                    |
//+------------------------------------------------------------------+
#ifndef DTMS_SELF_TEST_MQH
#define DTMS_SELF_TEST_MQH

#include "CheckCrypto.mqh"
#include "CheckFeed.mqh"
#include "CheckFiles.mqh"
#include "CheckPlatform.mqh"
#include "CheckReport.mqh"
#include "CheckSockets.mqh"
#include "CheckVectors.mqh"

//+------------------------------------------------------------------+
//| CSelfTest: prints the checks and writes them to a file; sends no |
//| order and changes nothing but its own files                      |
//+------------------------------------------------------------------+
class CSelfTest
  {
private:
   CCheckReport      m_report;
   CCheckVectors     m_vectors;
   CCheckSockets     m_sockets;
   CCheckFeed        m_feed;

public:
   void              Run(const string server,const string symbol);
  };

void CSelfTest::Run(const string server,const string symbol)
  {
   m_report.Note("terminal",StringFormat("build %d, contract %s",TerminalInfoInteger(TERMINAL_BUILD),StringSubstr(DTMS_CONTRACT_SHA256,0,16)));
   CCheckPlatform::Run(m_report);
   CCheckCrypto::Run(m_report);
   CCheckFiles::Run(m_report);
   m_vectors.Run(m_report);
   m_sockets.Run(m_report,server);
   m_feed.Run(m_report,symbol);
   CCheckPlatform::Clock(m_report);
   m_report.Finish("SELF TEST","DTMS\\selftest.txt");
  }

#endif
//+------------------------------------------------------------------+
