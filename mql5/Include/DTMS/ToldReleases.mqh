//+------------------------------------------------------------------+
//| ToldReleases.mqh                                                 |
//| what has been said of the economic calendar                      |
//+------------------------------------------------------------------+
#ifndef DTMS_TOLD_RELEASES_MQH
#define DTMS_TOLD_RELEASES_MQH

#include "TicketIndex.mqh"

//--- what may change of a release; figures are millionths, LONG_MIN where there is none
struct SRelease
  {
   ulong             id;
   long              time_s;
   long              actual;
   long              forecast;
   long              previous;

                     SRelease(void) : id(0),time_s(0),actual(LONG_MIN),forecast(LONG_MIN),previous(LONG_MIN) {}
  };

//+------------------------------------------------------------------+
//| CToldReleases: the releases told in this session, each as it was |
//| told last                                                        |
//+------------------------------------------------------------------+
class CToldReleases
  {
private:
   SRelease          m_releases[];
   CTicketIndex      m_places;

public:
   void              Clear(void);
   bool              Knows(const ulong id) const { return(m_places.Find(id)>=0); }
   bool              Same(const SRelease &release) const;
   bool              Put(const SRelease &release);
   void              Forget(const long before_s);
  };

void CToldReleases::Clear(void)
  {
   ArrayFree(m_releases);
   m_places.Clear();
  }

//--- whether it was told just like this
bool CToldReleases::Same(const SRelease &release) const
  {
   int place=m_places.Find(release.id);
   return(place>=0 && m_releases[place].time_s==release.time_s && m_releases[place].actual==release.actual
          && m_releases[place].forecast==release.forecast && m_releases[place].previous==release.previous);
  }

//--- remembers it as told; false: no memory, it will be told again
bool CToldReleases::Put(const SRelease &release)
  {
   int place=m_places.Find(release.id);
   if(place<0)
     {
      place=ArraySize(m_releases);
      if(ArrayResize(m_releases,place+1,256)<place+1)
         return(false);
      m_releases[place]=release;
      return(m_places.Put(release.id,place));
     }
   m_releases[place]=release;
   return(true);
  }

//--- drops releases that are over for so long that nobody asks for them any more
void CToldReleases::Forget(const long before_s)
  {
   int total=ArraySize(m_releases);
   int kept=0;
   for(int i=0; i<total; i++)
     {
      if(m_releases[i].time_s<before_s)
        {
         m_places.Remove(m_releases[i].id);
         continue;
        }
      if(kept<i)
        {
         m_releases[kept]=m_releases[i];
         m_places.Put(m_releases[kept].id,kept);
        }
      kept++;
     }
   if(kept<total && ArrayResize(m_releases,kept)<kept)
      Clear();
  }

#endif
//+------------------------------------------------------------------+
