// All words of the family Data, joined.

import DLSRuntime

enum DataWords {
  static let all: [Builtin] =
    FileWords.all + BatchWords.all + TransformWords.all + LearningWords.all + EpisodeWords.all
    + GlyphWords.all
}
