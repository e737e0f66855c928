DROP TABLE leases;
DROP TABLE rails;
DROP TABLE account_days;
DROP TABLE registry;
DROP TABLE hedges;
DROP TABLE scores;
DROP VIEW timers;
DROP TABLE transitions;
