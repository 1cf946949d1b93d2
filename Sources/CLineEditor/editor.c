#define _GNU_SOURCE
#include "line_editor.h"

#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct dls_editor {
  EditLine *edit;
  History *history;
  char *path;
  char *prompt;
  dls_completer complete;
  void *context;
  char *pasted;  // a paste with newlines, to be handed over as it is
  char *typed;   // what stood on the line before it
  int was_interrupted;
};

static char *prompt_of(EditLine *edit) {
  dls_editor *editor = NULL;
  el_get(edit, EL_CLIENTDATA, &editor);
  return editor->prompt;
}

// The longest beginning that all lines from `first` on share.
static size_t shared_prefix(const char *first) {
  const char *end = strchr(first, '\n');
  size_t length = end ? (size_t)(end - first) : strlen(first);
  for (const char *line = end; line && line[1]; line = strchr(line + 1, '\n')) {
    size_t i = 0;
    while (i < length && line[1 + i] == first[i]) i++;
    length = i;
  }
  return length;
}

static unsigned char complete_word(EditLine *edit, int character) {
  (void)character;
  dls_editor *editor = NULL;
  el_get(edit, EL_CLIENTDATA, &editor);
  const LineInfo *info = el_line(edit);
  int cursor = (int)(info->cursor - info->buffer);
  char *line = strndup(info->buffer, (size_t)(info->lastchar - info->buffer));
  if (!line) return CC_ERROR;
  // At the start of a line, a tab indents.
  int blank = 1;
  for (int i = 0; i < cursor; i++) blank = blank && (line[i] == ' ' || line[i] == '\t');
  if (blank) {
    free(line);
    return el_insertstr(edit, "  ") == 0 ? CC_REFRESH : CC_ERROR;
  }
  char *answer = editor->complete(editor->context, line, cursor);
  free(line);
  if (!answer) return CC_ERROR;
  size_t there = (size_t)atoi(answer);
  char *first = strchr(answer, '\n');
  if (!first || !first[1]) {
    free(answer);
    return CC_ERROR;
  }
  first++;
  size_t length = shared_prefix(first);
  unsigned char result = CC_ERROR;
  if (length > there) {
    char *rest = strndup(first + there, length - there);
    if (rest && el_insertstr(edit, rest) == 0) result = CC_REFRESH;
    free(rest);
  } else if (strchr(first, '\n') && strchr(first, '\n')[1]) {
    // Several: show them in columns below.
    fputc('\n', stdout);
    int column = 0;
    for (char *word = first; *word;) {
      char *end = strchr(word, '\n');
      size_t n = end ? (size_t)(end - word) : strlen(word);
      column += printf("%-18.*s  ", (int)n, word);
      if (column > 75) {
        fputc('\n', stdout);
        column = 0;
      }
      word += n + (end ? 1 : 0);
    }
    if (column) fputc('\n', stdout);
    fflush(stdout);
    result = CC_REDISPLAY;
  }
  free(answer);
  return result;
}

// A bracketed paste: everything up to ESC [ 201 ~.
static unsigned char take_paste(EditLine *edit, int character) {
  (void)character;
  dls_editor *editor = NULL;
  el_get(edit, EL_CLIENTDATA, &editor);
  static const char mark[] = "\033[201~";
  size_t size = 0, room = 256, matched = 0;
  char *text = malloc(room);
  char c;
  while (text && matched < sizeof mark - 1 && el_getc(edit, &c) == 1) {
    matched = c == mark[matched] ? matched + 1 : c == mark[0] ? 1 : 0;
    if (c == '\r') c = '\n';
    if (size + 2 > room) text = realloc(text, room *= 2);
    if (text) text[size++] = c;
  }
  if (!text) return CC_ERROR;
  size = size >= matched ? size - matched : 0;
  text[size] = 0;
  while (size && text[size - 1] == '\n' && !memchr(text, '\n', size - 1)) text[--size] = 0;
  if (!memchr(text, '\n', size)) {
    unsigned char result = size && el_insertstr(edit, text) == 0 ? CC_REFRESH : CC_ERROR;
    free(text);
    return result;
  }
  const LineInfo *info = el_line(edit);
  free(editor->typed);
  free(editor->pasted);
  editor->typed = strndup(info->buffer, (size_t)(info->lastchar - info->buffer));
  editor->pasted = text;
  fputs("\n", stdout);
  fputs(text, stdout);
  fflush(stdout);
  return CC_NEWLINE;
}

// Ctrl-C on the line: gives the line up.
static unsigned char interrupt_line(EditLine *edit, int character) {
  (void)character;
  dls_editor *editor = NULL;
  el_get(edit, EL_CLIENTDATA, &editor);
  editor->was_interrupted = 1;
  return CC_EOF;
}

dls_editor *dls_editor_open(const char *history_path, dls_completer complete, void *context) {
  // The editor reads bytes as the locale says; where that knows ASCII only, letters would be lost.
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
  dls_editor *editor = calloc(1, sizeof *editor);
  if (!editor) return NULL;
  editor->complete = complete;
  editor->context = context;
  editor->path = history_path ? strdup(history_path) : NULL;
  editor->edit = el_init("dls", stdin, stdout, stderr);
  editor->history = history_init();
  if (!editor->edit || !editor->history) return NULL;
  HistEvent event;
  history(editor->history, &event, H_SETSIZE, 5000);
  history(editor->history, &event, H_SETUNIQUE, 1);
  if (editor->path) history(editor->history, &event, H_LOAD, editor->path);
  el_set(editor->edit, EL_CLIENTDATA, editor);
  el_set(editor->edit, EL_EDITOR, "emacs");
  el_set(editor->edit, EL_PROMPT, prompt_of);
  el_set(editor->edit, EL_HIST, history, editor->history);
  el_set(editor->edit, EL_SIGNAL, 0);
  el_set(editor->edit, EL_ADDFN, "dls-complete", "completes the word", complete_word);
  el_set(editor->edit, EL_ADDFN, "dls-paste", "takes a paste whole", take_paste);
  el_set(editor->edit, EL_ADDFN, "dls-interrupt", "gives the line up", interrupt_line);
  // While a line is edited Ctrl-C is a key; while a cell runs it is a signal.
  el_set(editor->edit, EL_SETTY, "-d", "-isig", NULL);
  el_source(editor->edit, NULL);
  el_set(editor->edit, EL_BIND, "^C", "dls-interrupt", NULL);
  el_set(editor->edit, EL_BIND, "\t", "dls-complete", NULL);
  el_set(editor->edit, EL_BIND, "\033[200~", "dls-paste", NULL);
  el_set(editor->edit, EL_BIND, "\033[3~", "ed-delete-next-char", NULL);
  el_set(editor->edit, EL_BIND, "\033[H", "ed-move-to-beg", NULL);
  el_set(editor->edit, EL_BIND, "\033[F", "ed-move-to-end", NULL);
  el_set(editor->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
  return editor;
}

char *dls_editor_read(dls_editor *editor, const char *prompt, int *status) {
  free(editor->prompt);
  editor->prompt = strdup(prompt);
  fputs("\033[?2004h", stdout);
  fflush(stdout);
  int count = 0;
  errno = 0;
  editor->was_interrupted = 0;
  const char *line = el_gets(editor->edit, &count);
  int reason = errno;
  fputs("\033[?2004l", stdout);
  fflush(stdout);
  if (editor->pasted) {
    char *whole = NULL;
    if (asprintf(&whole, "%s%s", editor->typed ? editor->typed : "", editor->pasted) < 0) whole = NULL;
    free(editor->pasted);
    free(editor->typed);
    editor->pasted = editor->typed = NULL;
    *status = DLS_LINE;
    return whole;
  }
  if (editor->was_interrupted || !line || count <= 0) {
    *status = editor->was_interrupted || reason == EINTR ? DLS_INTERRUPTED : DLS_END;
    return NULL;
  }
  *status = DLS_LINE;
  char *copy = strndup(line, (size_t)count);
  if (copy && count && copy[count - 1] == '\n') copy[count - 1] = 0;
  return copy;
}

void dls_editor_remember(dls_editor *editor, const char *text) {
  HistEvent event;
  history(editor->history, &event, H_ENTER, text);
  if (editor->path) history(editor->history, &event, H_SAVE, editor->path);
}

void dls_editor_close(dls_editor *editor) {
  history_end(editor->history);
  el_end(editor->edit);
  free(editor->path);
  free(editor->prompt);
  free(editor);
}
