// SPDX-License-Identifier: Apache-2.0
// usage: tally [--top N] < text
// Prints the most frequent words of standard input, each with its count. An ordinary program: it knows nothing of skills.

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORD 64

typedef struct {
  char text[MAX_WORD];
  unsigned count;
} word;

static word* words;
static size_t used;
static size_t room;

static void add(const char* text) {
  for (size_t i = 0; i < used; ++i) {
    if (strcmp(words[i].text, text) == 0) {
      ++words[i].count;
      return;
    }
  }
  if (used == room) {
    room = room == 0 ? 256 : room * 2;
    words = realloc(words, room * sizeof *words);
    if (words == NULL) {
      fprintf(stderr, "tally: out of memory\n");
      exit(2);
    }
  }
  strcpy(words[used].text, text);
  words[used++].count = 1;
}

// The most frequent first, those of one count in the order of their letters.
static int order(const void* a, const void* b) {
  const word* const one = a;
  const word* const other = b;
  if (one->count != other->count) return one->count > other->count ? -1 : 1;
  return strcmp(one->text, other->text);
}

int main(int argc, char** argv) {
  size_t top = 10;
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--top") != 0 || i + 1 == argc) {
      fprintf(stderr, "usage: %s [--top N] < text\n", argv[0]);
      return 2;
    }
    top = (size_t)strtoul(argv[++i], NULL, 10);
  }
  char text[MAX_WORD];
  size_t size = 0;
  for (int c = 0; c != EOF;) {
    c = getchar();
    if (c != EOF && isalnum(c)) {
      if (size + 1 < sizeof text) text[size++] = (char)tolower(c);
      continue;
    }
    if (size > 0) {
      text[size] = '\0';
      add(text);
    }
    size = 0;
  }
  if (used == 0) {
    fprintf(stderr, "tally: there are no words\n");
    return 1;
  }
  qsort(words, used, sizeof *words, order);
  for (size_t i = 0; i < used && i < top; ++i) printf("%7u %s\n", words[i].count, words[i].text);
  return 0;
}
