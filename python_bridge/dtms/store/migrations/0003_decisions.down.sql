DROP TABLE reports;
DROP TABLE decision_tickets;
DROP TABLE decisions;
