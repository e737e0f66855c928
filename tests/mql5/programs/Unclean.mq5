//+------------------------------------------------------------------+
//| Unclean.mq5                                                      |
//| what MQL5 and the host let pass and only a sanitizer sees        |
//+------------------------------------------------------------------+

input int Defect=0;   // 0: none, 1: memory that was freed, 2: a flag that is neither true nor false

union UFlagBits
  {
   uchar             bits;
   bool              flag;
  };

int g_numbers[];

//--- the array moves while one of its elements is referred to
void WriteBehindResize(int &number)
  {
   if(ArrayResize(g_numbers,100000)>0)
      number=5;
  }

void OnStart(void)
  {
   UFlagBits both;
   both.bits=(uchar)(Defect==2 ? 7 : 1);
   if(both.flag)
      Print("begin");
   if(ArrayResize(g_numbers,4)==4 && Defect==1)
      WriteBehindResize(g_numbers[0]);
   Print("end");
  }
