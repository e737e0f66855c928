//+------------------------------------------------------------------+
//| Rules.mqh                                                        |
//| the rules that the fault simulator may switch off                |
//+------------------------------------------------------------------+
#ifndef DTMS_RULES_MQH
#define DTMS_RULES_MQH

//--- DTMS_HOLDS(rule) is true in a program that trades: nothing, no input and no message, can switch a rule
//--- off. Only a build with DTMS_FAULTS, which no release has, asks CRules.
#ifdef DTMS_FAULTS

#define DTMS_RULE_DUPLICATE_SUPPRESSION "duplicate-suppression"  // a known id is answered, not executed
#define DTMS_RULE_UNKNOWN_RECONCILE     "unknown-reconcile"      // no answer: look first
#define DTMS_RULE_LEDGER_ON_DISK        "ledger-on-disk"
#define DTMS_RULE_LEDGER_BEFORE_SEND    "ledger-before-send"
#define DTMS_RULE_DEADLINE              "deadline"
#define DTMS_RULE_DEADLINE_ON_RECOVERY  "deadline-on-recovery"
#define DTMS_RULE_EPOCH_FENCE           "epoch-fence"
#define DTMS_RULE_EPOCH_ON_DISK         "epoch-on-disk"
#define DTMS_RULE_LEASE                 "lease"                  // floor of a bare position
#define DTMS_RULE_LEASE_ON_BROKER_TIME  "lease-on-broker-time"
#define DTMS_RULE_LEASE_ON_DISK         "lease-on-disk"
#define DTMS_RULE_DEAD_MAN              "dead-man"               // plans after silence
#define DTMS_RULE_STALE_VIEW            "stale-view"             // what the command expects is compared
#define DTMS_RULE_RESEND_ON_RECONNECT   "resend-on-reconnect"
#define DTMS_RULE_SNAPSHOT_ON_SESSION   "snapshot-on-session"
#define DTMS_RULE_DIGEST                "digest"                 // on heartbeats
#define DTMS_RULE_STALL_DRAIN           "stall-drain"            // own pauses are no silence of the peer

#define DTMS_HOLDS(rule) CRules::Holds(rule)

//+------------------------------------------------------------------+
//| CRules: which rules are off, as the simulator's input says       |
//+------------------------------------------------------------------+
class CRules
  {
private:
   static string     s_off;

public:
   static void       SwitchOff(const string names) { s_off=","+names+","; }
   static bool       Holds(const string rule) { return(StringFind(s_off,","+rule+",")<0); }
  };

string CRules::s_off="";

#else

#define DTMS_HOLDS(rule) CRules::Holds()

//+------------------------------------------------------------------+
//| CRules: every rule holds                                         |
//+------------------------------------------------------------------+
class CRules
  {
public:
   static bool       Holds(void) { return(true); }
  };

#endif

#endif
//+------------------------------------------------------------------+
