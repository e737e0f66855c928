DROP TABLE outbox;
DROP TABLE actions;
DROP TABLE trades;
DROP TABLE shapes;
DROP TABLE accounts;
DROP TABLE meta;
