// Looking for a text in a text, in linear time.

import CThreadState

package enum TextSearch {
  /// The first place of `part` in `text` at or after `start`.
  package static func first(_ part: [UInt8], in text: [UInt8], from start: Int) -> Int? {
    if part.isEmpty { return start }
    if text.count - start < part.count { return nil }
    return text.withUnsafeBytes { whole in
      part.withUnsafeBytes { piece in
        guard let base = whole.baseAddress, let wanted = piece.baseAddress,
          let found = dls_find(base + start, whole.count - start, wanted, piece.count)
        else { return nil }
        return found - base
      }
    }
  }
}
