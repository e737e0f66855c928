/* The boundary between the native program and the host, read verbatim by the C++ side and by cffi. */
/* Text is UTF-16 with a length; a NULL pointer is MQL5's NULL string. Text handed over lives until the next call. */

typedef struct {
    int32_t action, type, type_filling, type_time;
    uint64_t magic, order, deviation, position, position_by;
    double volume, price, stoplimit, sl, tp;
    int64_t expiration;
    const uint16_t *symbol, *comment;
    int32_t symbol_length, comment_length;
} mq_request;

typedef struct {
    int32_t ok, error, retcode_external, comment_length;
    uint32_t retcode, request_id;
    uint64_t deal, order;
    double volume, price, bid, ask;
    double balance, equity, profit, margin, margin_free, margin_level;
    const uint16_t *comment;
} mq_answer;

typedef struct {
    int32_t type, order_type, order_state, deal_type, time_type, symbol_length;
    uint64_t deal, order, position, position_by;
    int64_t time_expiration;
    double price, price_trigger, price_sl, price_tp, volume;
    const uint16_t *symbol;
} mq_transaction;

/* Kinds of things that have properties. */
enum {
    MQ_ACCOUNT = 0, MQ_TERMINAL = 1, MQ_PROGRAM = 2, MQ_SYMBOL = 3, MQ_POSITION = 4, MQ_ORDER = 5,
    MQ_HISTORY_ORDER = 6, MQ_DEAL = 7
};
/* How a selection is made. */
enum {
    MQ_BY_TICKET = 0, MQ_BY_SYMBOL = 1, MQ_BY_RANGE = 2, MQ_BY_POSITION = 3, MQ_SHOW = 4, MQ_HIDE = 5, MQ_EXISTS = 6
};
/* What is copied as packed bytes. */
enum { MQ_LAST_TICK = 0, MQ_TICKS = 1, MQ_RATES = 2, MQ_RATES_RANGE = 3 };
enum { MQ_SEND = 0, MQ_SEND_ASYNC = 1, MQ_CHECK = 2 };
enum { MQ_TIME_CURRENT = 0, MQ_TIME_SERVER = 1, MQ_TIME_GMT = 2 };
enum { MQ_LOG = 0, MQ_ALERT = 1, MQ_COMMENT = 2 };
/* What is asked of the economic calendar. */
enum {
    MQ_COUNTRIES = 0, MQ_COUNTRY = 1, MQ_EVENTS = 2, MQ_EVENT = 3, MQ_VALUE = 4, MQ_VALUES = 5, MQ_CHANGES = 6
};

/* Of whom it is asked; empty texts and an id of 0 filter nothing. `state` is the change id, in and out. */
typedef struct {
    uint64_t id;
    int64_t from, to;
    uint64_t state;
    const uint16_t *country, *currency;
    int32_t country_length, currency_length;
} mq_calendar_query;

/* The terminal. Functions that return int32_t return 0 or an MQL5 error code. */
typedef struct {
    void *context;
    int64_t (*total)(void *context, int32_t kind, int32_t selected);
    uint64_t (*ticket)(void *context, int32_t kind, int32_t index);
    int32_t (*select)(void *context, int32_t kind, int32_t how, int64_t a, int64_t b, const uint16_t *name, int32_t length);
    int32_t (*get_integer)(void *context, int32_t kind, int32_t property, uint64_t id, const uint16_t *name,
                           int32_t length, int64_t *value);
    int32_t (*get_double)(void *context, int32_t kind, int32_t property, uint64_t id, const uint16_t *name,
                          int32_t length, double *value);
    int32_t (*get_string)(void *context, int32_t kind, int32_t property, uint64_t id, const uint16_t *name,
                          int32_t length, const uint16_t **value, int32_t *value_length);
    int32_t (*symbol_name)(void *context, int32_t index, int32_t selected, const uint16_t **value, int32_t *value_length);
    int64_t (*copy)(void *context, int32_t what, const uint16_t *symbol, int32_t length, int64_t a, int64_t b, int64_t c,
                    const uint8_t **data);
    int32_t (*session)(void *context, const uint16_t *symbol, int32_t length, int32_t day, int32_t index, int32_t trade,
                       int64_t *from, int64_t *to);
    int32_t (*order)(void *context, int32_t how, const mq_request *request, mq_answer *answer);
    int64_t (*clock)(void *context, int32_t which);
    void (*text)(void *context, int32_t channel, const uint16_t *text, int32_t length);
    /* Number of records, or a negative error. `data` is their fields in the order of MQL5's structure: 8 bytes each,
       a text as its length in 8 bytes and its units. */
    int64_t (*calendar)(void *context, int32_t what, mq_calendar_query *query, const uint8_t **data);
} mq_terminal;

/* A socket layer of the host's own instead of the system's; results are those of the MQL5 functions,
   with a negative error code where MQL5 returns -1 or false. */
typedef struct {
    void *context;
    int32_t (*connect)(void *context, int32_t socket, const uint16_t *host, int32_t length, uint32_t port, uint32_t timeout_ms);
    int32_t (*is_connected)(void *context, int32_t socket);
    int32_t (*readable)(void *context, int32_t socket);
    int32_t (*writable)(void *context, int32_t socket);
    int32_t (*read)(void *context, int32_t socket, uint8_t *buffer, uint32_t size, uint32_t timeout_ms);
    int32_t (*send)(void *context, int32_t socket, const uint8_t *buffer, uint32_t size);
    void (*close)(void *context, int32_t socket);
} mq_sockets;

/* Global variables of the terminal that several programs share; results are 1 or 0. */
typedef struct {
    void *context;
    int32_t (*find)(void *context, const uint16_t *name, int32_t length, double *value, int64_t *time);
    void (*put)(void *context, const uint16_t *name, int32_t length, double value, int64_t time);
    int32_t (*erase)(void *context, const uint16_t *name, int32_t length);
    int32_t (*total)(void *context);
    int32_t (*name_at)(void *context, int32_t index, const uint16_t **name, int32_t *length); /* in the order of names */
} mq_globals;

typedef struct {
    const mq_terminal *terminal;
    const mq_sockets *sockets; /* NULL: the system's */
    const char *files;         /* UTF-8 path of MQL5\Files */
    const char *common_files;  /* UTF-8 path of Common\Files */
    const uint16_t *symbol;
    int32_t symbol_length;
    int32_t period;            /* an ENUM_TIMEFRAMES value */
    int32_t period_s;
    int64_t chart_id;
    int32_t virtual_clock;
    int64_t clock_ms;
    const mq_globals *globals; /* NULL: the program has its own */
} mq_setup;

/* Faults of the socket layer; 0 is no limit. */
typedef struct {
    int32_t read_limit;        /* most bytes that one SocketRead returns and SocketIsReadable reports */
    int32_t send_limit;        /* most bytes that one SocketSend takes */
    int32_t speculative_every; /* of the calls on an empty buffer, the first and each n-th after it report 1; 0 never */
} mq_socket_model;

typedef struct {
    const char *kind;          /* NULL: no critical error */
    const char *message;
    const char *file;
    int32_t line;
} mq_critical;

typedef struct {
    int32_t timer_ms;          /* 0: no timer */
    int32_t removed;           /* ExpertRemove was called */
    int32_t uninit_reason;
    int32_t last_error;
    int32_t undeleted;         /* objects made by new and not deleted */
    int32_t open_sockets;
    int32_t open_files;
    uint32_t handlers;         /* bit n: handler of MQ_ON_... n is present */
    int64_t clock_ms;
} mq_state;

enum {
    MQ_ON_INIT = 0, MQ_ON_DEINIT = 1, MQ_ON_TICK = 2, MQ_ON_TIMER = 3, MQ_ON_TRADE = 4, MQ_ON_TRANSACTION = 5,
    MQ_ON_CHART_EVENT = 6, MQ_ON_START = 7, MQ_ON_BOOK = 8
};

typedef struct {
    int64_t a;
    int64_t lparam;
    double dparam;
    const uint16_t *text;
    int32_t text_length;
    const mq_transaction *transaction;
    const mq_request *request;
    const mq_answer *result;
} mq_event;

/* Result of mq_run. */
enum { MQ_DONE = 0, MQ_CRITICAL = 1, MQ_STOPPED = 2, MQ_NO_HANDLER = 3 };

void mq_open(const mq_setup *setup);
void mq_allow(const char *address);
int32_t mq_set_input(const char *name, const uint16_t *value, int32_t length); /* 0, 1 unknown name, 2 bad value */
const char *mq_inputs(void);          /* JSON: name -> [type, value] */
const char *mq_properties(void);      /* JSON: name -> text */
void mq_model(const mq_socket_model *model);
int32_t mq_run(int32_t handler, const mq_event *event, int64_t *result);
void mq_get_state(mq_state *state);
void mq_get_critical(mq_critical *critical);
void mq_set_clock(int64_t clock_ms);
void mq_set_stopped(int32_t stopped);
void mq_set_uninit_reason(int32_t reason);
void mq_set_period(int32_t period, int32_t period_s);
const char *mq_objects(void);         /* JSON: name -> {"type": n, "window": n, "integers": {}, "doubles": {}, "strings": {}} */
/* In order: destructors of globals run and files are written. Otherwise, or after a critical error, nothing does.
   Returns the number of objects that were never deleted. Nothing else may be called afterwards. */
int32_t mq_close(int32_t in_order);
