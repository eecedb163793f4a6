#pragma once
#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast that Swift does not import: SQLite copies the text before it returns.
static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const char *text, int size) {
    return sqlite3_bind_text(statement, index, text, size, SQLITE_TRANSIENT);
}

static inline int csqlite_note_pages(void *pages, sqlite3 *database, const char *name, int count) {
    *(int *)pages = count;
    return SQLITE_OK;
}

// Keeps in `pages` how long the write-ahead log is; nothing leaves it by itself any more.
static inline void csqlite_watch_log(sqlite3 *database, int *pages) {
    sqlite3_wal_hook(database, csqlite_note_pages, pages);
}
