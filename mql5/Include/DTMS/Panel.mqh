//+------------------------------------------------------------------+
//| Panel.mqh                                                        |
//| what the trader sees on the chart                                |
//+------------------------------------------------------------------+
#ifndef DTMS_PANEL_MQH
#define DTMS_PANEL_MQH

#define DTMS_PANEL_PREFIX    "DtmsPanel."
#define DTMS_PANEL_LINES     10
#define DTMS_PANEL_REST_MS   500       // drawn at most twice a second
#define DTMS_PANEL_LEFT      8
#define DTMS_PANEL_TOP       24
#define DTMS_PANEL_ROW       16
#define DTMS_PANEL_WIDTH     420
#define DTMS_PANEL_BUTTON    196       // width of a button
#define DTMS_PANEL_COLUMNS   63        // longer texts are cut by the terminal anyway
#define DTMS_PANEL_PAPER     0x2B2421  // colors are blue, green, red
#define DTMS_PANEL_FRAME     0x6A5A50
#define DTMS_PANEL_INK       0xE6E6E6
#define DTMS_PANEL_WARN      0x4C9CFF

//+------------------------------------------------------------------+
//| CPanel: a rectangle, lines of text, the button for hands off and |
//| while there is an alarm one to confirm it.                       |
//| Objects are touched only when a text changes.                    |
//+------------------------------------------------------------------+
class CPanel
  {
private:
   string            m_texts[DTMS_PANEL_LINES];
   bool              m_warns[DTMS_PANEL_LINES];
   bool              m_stale[DTMS_PANEL_LINES];
   string            m_button;
   bool              m_button_stale;
   bool              m_confirm;
   bool              m_confirm_drawn;
   bool              m_shown;
   ulong             m_next_ms;

   static string     LineName(const int line) { return(DTMS_PANEL_PREFIX+"line"+IntegerToString(line)); }
   static string     ButtonName(void) { return(DTMS_PANEL_PREFIX+"handsoff"); }
   static bool       Place(const string name,const int x,const int y);
   static bool       DrawPaper(void);
   static bool       DrawLine(const int line);
   static string     ConfirmName(void) { return(DTMS_PANEL_PREFIX+"confirm"); }
   static bool       DrawButton(const string name,const int column);
   void              WriteConfirm(void);
   void              WriteLine(const int line);

public:
                     CPanel(void);
   void              Show(void);
   void              Remove(void);
   void              SetLine(const int line,const string text,const bool warns);
   void              SetParagraph(const int first,const int lines,const string text,const bool warns);
   void              SetButton(const string text);
   void              SetConfirm(const bool on) { m_confirm=on; }
   string            Text(const int line) const { return(m_texts[line]); }
   void              Pump(const ulong now_ms);
   bool              IsButton(const string name) const { return(m_shown && name==ButtonName()); }
   bool              IsConfirm(const string name) const { return(m_shown && m_confirm_drawn && name==ConfirmName()); }
  };

CPanel::CPanel(void) : m_button(""),m_button_stale(false),m_confirm(false),m_confirm_drawn(false),m_shown(false),m_next_ms(0)
  {
   for(int i=0; i<DTMS_PANEL_LINES; i++)
     {
      m_texts[i]="";
      m_warns[i]=false;
      m_stale[i]=false;
     }
  }

//--- puts the panel on the chart
void CPanel::Show(void)
  {
   Remove();
   bool drawn=DrawPaper() && DrawButton(ButtonName(),0);
   for(int i=0; i<DTMS_PANEL_LINES; i++)
     {
      drawn=DrawLine(i) && drawn;
      m_stale[i]=true;
     }
   m_button_stale=true;
   m_shown=drawn;
   m_next_ms=0;
   if(!drawn)
      Print("DTMS: the panel cannot be drawn, error ",GetLastError());
  }

//--- takes it away
void CPanel::Remove(void)
  {
   m_shown=false;
   m_confirm_drawn=false;
   if(ObjectsDeleteAll(0,DTMS_PANEL_PREFIX)>0)
      ChartRedraw(0);
  }

bool CPanel::Place(const string name,const int x,const int y)
  {
   return(ObjectSetInteger(0,name,OBJPROP_CORNER,CORNER_LEFT_UPPER) && ObjectSetInteger(0,name,OBJPROP_XDISTANCE,x)
          && ObjectSetInteger(0,name,OBJPROP_YDISTANCE,y) && ObjectSetInteger(0,name,OBJPROP_SELECTABLE,false)
          && ObjectSetInteger(0,name,OBJPROP_HIDDEN,true));
  }

bool CPanel::DrawPaper(void)
  {
   string name=DTMS_PANEL_PREFIX+"paper";
   return(ObjectCreate(0,name,OBJ_RECTANGLE_LABEL,0,0,0.0) && Place(name,DTMS_PANEL_LEFT,DTMS_PANEL_TOP)
          && ObjectSetInteger(0,name,OBJPROP_XSIZE,DTMS_PANEL_WIDTH)
          && ObjectSetInteger(0,name,OBJPROP_YSIZE,(DTMS_PANEL_LINES+2)*DTMS_PANEL_ROW+12)
          && ObjectSetInteger(0,name,OBJPROP_BGCOLOR,DTMS_PANEL_PAPER) && ObjectSetInteger(0,name,OBJPROP_BORDER_TYPE,BORDER_FLAT)
          && ObjectSetInteger(0,name,OBJPROP_COLOR,DTMS_PANEL_FRAME));
  }

bool CPanel::DrawLine(const int line)
  {
   string name=LineName(line);
   return(ObjectCreate(0,name,OBJ_LABEL,0,0,0.0) && Place(name,DTMS_PANEL_LEFT+8,DTMS_PANEL_TOP+6+line*DTMS_PANEL_ROW)
          && ObjectSetString(0,name,OBJPROP_FONT,"Consolas") && ObjectSetInteger(0,name,OBJPROP_FONTSIZE,9));
  }

bool CPanel::DrawButton(const string name,const int column)
  {
   return(ObjectCreate(0,name,OBJ_BUTTON,0,0,0.0)
          && Place(name,DTMS_PANEL_LEFT+8+column*(DTMS_PANEL_BUTTON+8),DTMS_PANEL_TOP+8+DTMS_PANEL_LINES*DTMS_PANEL_ROW)
          && ObjectSetInteger(0,name,OBJPROP_XSIZE,DTMS_PANEL_BUTTON) && ObjectSetInteger(0,name,OBJPROP_YSIZE,DTMS_PANEL_ROW+6)
          && ObjectSetInteger(0,name,OBJPROP_FONTSIZE,9));
  }

//--- the text of a line; warns: in the color of things to be done
void CPanel::SetLine(const int line,const string text,const bool warns)
  {
   string cut=(StringLen(text)>DTMS_PANEL_COLUMNS ? StringSubstr(text,0,DTMS_PANEL_COLUMNS) : text);
   if(m_texts[line]==cut && m_warns[line]==warns)
      return;
   m_texts[line]=cut;
   m_warns[line]=warns;
   m_stale[line]=true;
  }

//--- a longer text over several lines, broken between words
void CPanel::SetParagraph(const int first,const int lines,const string text,const bool warns)
  {
   string rest=text;
   for(int i=0; i<lines; i++)
     {
      int width=StringLen(rest);
      if(width>DTMS_PANEL_COLUMNS && i<lines-1)
        {
         width=DTMS_PANEL_COLUMNS;
         while(width>0 && StringGetCharacter(rest,width)!=' ')
            width--;
         if(width==0)
            width=DTMS_PANEL_COLUMNS;
        }
      SetLine(first+i,StringSubstr(rest,0,width),warns);
      rest=(width<StringLen(rest) ? StringSubstr(rest,width) : "");
      if(StringLen(rest)>0 && StringGetCharacter(rest,0)==' ')
         rest=StringSubstr(rest,1);
     }
  }

//--- the text of the button
void CPanel::SetButton(const string text)
  {
   if(m_button==text)
      return;
   m_button=text;
   m_button_stale=true;
  }

//--- draws what has changed
void CPanel::Pump(const ulong now_ms)
  {
   if(!m_shown || now_ms<m_next_ms)
      return;
   bool changed=(m_button_stale || m_confirm!=m_confirm_drawn);
   if(m_confirm!=m_confirm_drawn)
      WriteConfirm();
   if(m_button_stale && ObjectSetString(0,ButtonName(),OBJPROP_TEXT,m_button) && ObjectSetInteger(0,ButtonName(),OBJPROP_STATE,false))
      m_button_stale=false;
   for(int i=0; i<DTMS_PANEL_LINES; i++)
      if(m_stale[i])
        {
         WriteLine(i);
         changed=true;
        }
   if(!changed)
      return;
   m_next_ms=now_ms+DTMS_PANEL_REST_MS;
   ChartRedraw(0);
  }

//--- the second button is there only while there is something to confirm
void CPanel::WriteConfirm(void)
  {
   if(!m_confirm)
     {
      m_confirm_drawn=!ObjectDelete(0,ConfirmName());
      return;
     }
   m_confirm_drawn=(DrawButton(ConfirmName(),1) && ObjectSetString(0,ConfirmName(),OBJPROP_TEXT,"Confirm alarm"));
  }

void CPanel::WriteLine(const int line)
  {
   string name=LineName(line);
   m_stale[line]=!(ObjectSetString(0,name,OBJPROP_TEXT,m_texts[line])
                   && ObjectSetInteger(0,name,OBJPROP_COLOR,m_warns[line] ? DTMS_PANEL_WARN : DTMS_PANEL_INK));
  }

#endif
//+------------------------------------------------------------------+
