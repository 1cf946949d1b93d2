// libedit behind calls without variable arguments.
#pragma once
#include <stddef.h>

typedef struct dls_editor dls_editor;

/// Gives the completions of the word that ends at `cursor`, as a malloc'ed text of lines: the first
/// line is the number of bytes of the word that is already there.
typedef char *(*dls_completer)(void *context, const char *line, int cursor);

enum { DLS_LINE = 0, DLS_END = 1, DLS_INTERRUPTED = 2 };

/// Opens the editor on the terminal; history is read from the path (NULL: none is kept).
dls_editor *dls_editor_open(const char *history_path, dls_completer complete, void *context);
/// One line, or a whole paste: malloc'ed, without its newline. NULL with the status set otherwise.
char *dls_editor_read(dls_editor *editor, const char *prompt, int *status);
/// Puts a text into the history, in memory and on disk.
void dls_editor_remember(dls_editor *editor, const char *text);
void dls_editor_close(dls_editor *editor);
