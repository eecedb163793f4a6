#pragma once

// TOML 1.0 for Swift: toml++ behind a C interface, without exceptions.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    CTOML_TABLE,
    CTOML_ARRAY,
    CTOML_STRING,
    CTOML_INTEGER,
    CTOML_FLOAT,
    CTOML_BOOLEAN,
    CTOML_DATE_OR_TIME,
};

/// Lines and columns count from 1, columns in characters; 0 where there is none.
typedef struct {
    uint32_t line, column;
    uint32_t end_line, end_column;
} ctoml_region;

/// One value, with its key when it stands in a table.
///
/// Pointers live as long as the document. The values inside a table or an array follow it.
typedef struct {
    int32_t type;
    uint32_t children;
    const char *key;
    size_t key_length;
    ctoml_region key_region;
    ctoml_region region;
    const char *text;
    size_t text_length;
    int64_t integer;
    double number;
} ctoml_node;

typedef struct ctoml_document ctoml_document;

/// Parses a whole file; NULL only when memory is short.
ctoml_document *ctoml_parse(const char *text, size_t length);
void ctoml_free(ctoml_document *document);

/// NULL when the text was understood.
const char *ctoml_error(const ctoml_document *document, ctoml_region *where);

/// The nodes of the tree, each table and array before what is in it; the first is the root.
const ctoml_node *ctoml_nodes(const ctoml_document *document, size_t *count);

#ifdef __cplusplus
}
#endif
