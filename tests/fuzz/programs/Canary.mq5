//+------------------------------------------------------------------+
//| Canary.mq5                                                       |
//| a program with defects, so that it is known they would be found  |
//+------------------------------------------------------------------+
#include "Input.mqh"

//--- the defect that an input names
void Suffer(const uchar &bytes[],const int size)
  {
   uchar kept[];
   switch(bytes[2])
     {
      case 'r':
         Print((int)bytes[size]);
         break;
      case 'h':
         while(ArrayResize(kept,size)==size)
            kept[0]=bytes[0];
         break;
      case 'm':
         for(int i=1; i<=100; i++)
            if(ArrayResize(kept,i*16777216)<0)
               break;
         break;
      case 'l':
         CInput::Broken("this input does not exist");
         break;
      default:
         break;
     }
  }

void OnStart(void)
  {
   uchar bytes[];
   int size=CInput::Take(bytes);
   if(size>2 && bytes[0]=='b' && bytes[1]=='a')
      Suffer(bytes,size);
  }
