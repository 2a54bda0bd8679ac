#include "CPostgres.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

typedef cpostgres_connection connection_t;
typedef cpostgres_result result_t;

// libpq's functions: our name, its name, and its type.
#define FUNCTIONS(F)                                                                                                     \
    F(connectdb_params, PQconnectdbParams, connection_t *(*)(const char *const *, const char *const *, int))             \
    F(finish, PQfinish, void (*)(connection_t *))                                                                        \
    F(status, PQstatus, int (*)(const connection_t *))                                                                   \
    F(transaction_status, PQtransactionStatus, int (*)(const connection_t *))                                            \
    F(server_version, PQserverVersion, int (*)(const connection_t *))                                                    \
    F(parameter_status, PQparameterStatus, const char *(*)(const connection_t *, const char *))                          \
    F(error_message, PQerrorMessage, char *(*)(const connection_t *))                                                    \
    F(set_notice_processor, PQsetNoticeProcessor, void *(*)(connection_t *, void (*)(void *, const char *), void *))     \
    F(exec, PQexec, result_t *(*)(connection_t *, const char *))                                                         \
    F(prepare, PQprepare, result_t *(*)(connection_t *, const char *, const char *, int, const uint32_t *))              \
    F(exec_prepared, PQexecPrepared,                                                                                     \
      result_t *(*)(connection_t *, const char *, int, const char *const *, const int *, const int *, int))              \
    F(result_status, PQresultStatus, int (*)(const result_t *))                                                          \
    F(result_error_field, PQresultErrorField, char *(*)(const result_t *, int))                                          \
    F(result_error_message, PQresultErrorMessage, char *(*)(const result_t *))                                           \
    F(ntuples, PQntuples, int (*)(const result_t *))                                                                     \
    F(nfields, PQnfields, int (*)(const result_t *))                                                                     \
    F(ftype, PQftype, uint32_t (*)(const result_t *, int))                                                               \
    F(getisnull, PQgetisnull, int (*)(const result_t *, int, int))                                                       \
    F(getvalue, PQgetvalue, char *(*)(const result_t *, int, int))                                                       \
    F(getlength, PQgetlength, int (*)(const result_t *, int, int))                                                       \
    F(cmd_status, PQcmdStatus, char *(*)(result_t *))                                                                    \
    F(cmd_tuples, PQcmdTuples, char *(*)(result_t *))                                                                    \
    F(clear, PQclear, void (*)(result_t *))

#define MEMBER(name, symbol, type) __typeof__((type)0) name;
static struct {
    FUNCTIONS(MEMBER)
} pq;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[512];

static void load(void) {
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *reason = dlerror();
        snprintf(failure, sizeof failure, "%s", reason ? reason : "libpq.so.5 is missing");
        return;
    }
#define LOAD(name, symbol, type)                                                                                         \
    if (!(*(void **)&pq.name = dlsym(library, #symbol))) {                                                               \
        snprintf(failure, sizeof failure, "libpq.so.5 has no function " #symbol);                                        \
        return;                                                                                                          \
    }
    FUNCTIONS(LOAD)
}

const char *cpostgres_load(void) {
    pthread_once(&once, load);
    return failure[0] ? failure : NULL;
}

cpostgres_connection *cpostgres_connect(const char *const *keywords, const char *const *values, int expand_dbname) {
    return pq.connectdb_params(keywords, values, expand_dbname);
}
void cpostgres_finish(cpostgres_connection *connection) { pq.finish(connection); }
int cpostgres_status(const cpostgres_connection *connection) { return pq.status(connection); }
int cpostgres_transaction_status(const cpostgres_connection *connection) { return pq.transaction_status(connection); }
int cpostgres_server_version(const cpostgres_connection *connection) { return pq.server_version(connection); }
const char *cpostgres_parameter_status(const cpostgres_connection *connection, const char *name) {
    return pq.parameter_status(connection, name);
}
const char *cpostgres_error_message(const cpostgres_connection *connection) { return pq.error_message(connection); }

static void ignore(void *context, const char *message) {
    (void)context;
    (void)message;
}
void cpostgres_ignore_notices(cpostgres_connection *connection) { pq.set_notice_processor(connection, ignore, NULL); }

cpostgres_result *cpostgres_exec(cpostgres_connection *connection, const char *sql) { return pq.exec(connection, sql); }
cpostgres_result *cpostgres_prepare(
    cpostgres_connection *connection, const char *name, const char *sql, int count, const uint32_t *types) {
    return pq.prepare(connection, name, sql, count, types);
}
cpostgres_result *cpostgres_exec_prepared(
    cpostgres_connection *connection, const char *name, int count, const char *const *values, const int *lengths,
    const int *formats, int result_format) {
    return pq.exec_prepared(connection, name, count, values, lengths, formats, result_format);
}

int cpostgres_result_status(const cpostgres_result *result) { return pq.result_status(result); }
const char *cpostgres_result_error_field(const cpostgres_result *result, int field) {
    return pq.result_error_field(result, field);
}
const char *cpostgres_result_error_message(const cpostgres_result *result) { return pq.result_error_message(result); }
int cpostgres_rows(const cpostgres_result *result) { return pq.ntuples(result); }
int cpostgres_columns(const cpostgres_result *result) { return pq.nfields(result); }
uint32_t cpostgres_column_type(const cpostgres_result *result, int column) { return pq.ftype(result, column); }
int cpostgres_is_null(const cpostgres_result *result, int row, int column) { return pq.getisnull(result, row, column); }
const char *cpostgres_value(const cpostgres_result *result, int row, int column) {
    return pq.getvalue(result, row, column);
}
int cpostgres_length(const cpostgres_result *result, int row, int column) { return pq.getlength(result, row, column); }
const char *cpostgres_command_status(cpostgres_result *result) { return pq.cmd_status(result); }
const char *cpostgres_command_tuples(cpostgres_result *result) { return pq.cmd_tuples(result); }
void cpostgres_clear(cpostgres_result *result) { pq.clear(result); }
