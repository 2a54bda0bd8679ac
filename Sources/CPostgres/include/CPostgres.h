// The part of libpq that Martlet uses, loaded when it is first needed: neither the build nor an installation with SQLite depends on
// libpq. Each function is libpq's of the same name; call them only after cpostgres_load() has returned NULL.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct cpostgres_connection cpostgres_connection;
typedef struct cpostgres_result cpostgres_result;

/// Loads libpq.so.5, once; any thread may call it.
/// @return NULL, or why it can't be loaded; the text stays valid.
const char *cpostgres_load(void);

enum {
    CPOSTGRES_CONNECTION_OK = 0,
    CPOSTGRES_COMMAND_OK = 1,
    CPOSTGRES_TUPLES_OK = 2,
    CPOSTGRES_TRANSACTION_IDLE = 0,
    CPOSTGRES_FIELD_SQLSTATE = 'C',
    CPOSTGRES_FIELD_MESSAGE = 'M',
};

cpostgres_connection *cpostgres_connect(const char *const *keywords, const char *const *values, int expand_dbname);
void cpostgres_finish(cpostgres_connection *connection);
int cpostgres_status(const cpostgres_connection *connection);
int cpostgres_transaction_status(const cpostgres_connection *connection);
int cpostgres_server_version(const cpostgres_connection *connection);
const char *cpostgres_parameter_status(const cpostgres_connection *connection, const char *name);
const char *cpostgres_error_message(const cpostgres_connection *connection);
/// Drops the server's notices, which libpq would print to standard error.
void cpostgres_ignore_notices(cpostgres_connection *connection);

cpostgres_result *cpostgres_exec(cpostgres_connection *connection, const char *sql);
cpostgres_result *cpostgres_prepare(
    cpostgres_connection *connection, const char *name, const char *sql, int count, const uint32_t *types);
cpostgres_result *cpostgres_exec_prepared(
    cpostgres_connection *connection, const char *name, int count, const char *const *values, const int *lengths,
    const int *formats, int result_format);

int cpostgres_result_status(const cpostgres_result *result);
/// May be NULL.
const char *cpostgres_result_error_field(const cpostgres_result *result, int field);
const char *cpostgres_result_error_message(const cpostgres_result *result);
int cpostgres_rows(const cpostgres_result *result);
int cpostgres_columns(const cpostgres_result *result);
uint32_t cpostgres_column_type(const cpostgres_result *result, int column);
int cpostgres_is_null(const cpostgres_result *result, int row, int column);
const char *cpostgres_value(const cpostgres_result *result, int row, int column);
int cpostgres_length(const cpostgres_result *result, int row, int column);
const char *cpostgres_command_status(cpostgres_result *result);
const char *cpostgres_command_tuples(cpostgres_result *result);
void cpostgres_clear(cpostgres_result *result);
