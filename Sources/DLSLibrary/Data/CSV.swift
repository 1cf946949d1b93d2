// Comma-separated values: a table of numbers, with names and text columns beside it.

import DLSTensor
import Glibc

/// What a CSV file holds: columns of numbers and columns of text, in the file's order.
package struct CSVData: Sendable, Equatable {
  package enum Column: Sendable, Equatable {
    case numbers([Double])
    case texts([String])
  }
  /// The header, or nil where none stands.
  package var names: [String]?
  package var columns: [Column]
  package var rowCount: Int
}

/// Reads a CSV file's bytes. Quotes as in RFC 4180; rows end with LF, CRLF or CR.
package struct CSVParser {
  private let bytes: [UInt8]
  private let path: String
  private let separator: UInt8
  /// Begin and end of each cell, row after row; a quoted one without its quotes.
  private var cells: [(start: Int, end: Int, hasQuotes: Bool)] = []
  private var lines: [Int] = []
  private var width = 0

  /// The table in `bytes`. `header` says whether the first row holds names; nil looks for itself.
  package static func parse(
    _ bytes: [UInt8], path: String, separator: UInt8 = 44, header: Bool? = nil, skip: Int = 0
  ) throws(DataError) -> CSVData {
    var parser = CSVParser(bytes: bytes, path: path, separator: separator)
    try parser.scan(skip: skip)
    return try parser.table(header: header)
  }

  /// The table in a file.
  package static func load(
    _ path: String, separator: UInt8 = 44, header: Bool? = nil, skip: Int = 0
  ) throws(DataError) -> CSVData {
    try parse(
      Files.readPlain(path, head: checkIsText), path: path, separator: separator, header: header,
      skip: skip)
  }

  private static func checkIsText(_ bytes: [UInt8], _ path: String) throws(DataError) {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw .broken(
        path, byte: 0, "this is UTF-16 text",
        help: ["save the file as UTF-8, e.g. `iconv -f utf-16 -t utf-8`"])
    }
    if let zero = bytes.firstIndex(of: 0) {
      let line = bytes[..<zero].reduce(1) { $1 == 10 ? $0 + 1 : $0 }
      throw .broken(path, line: line, "byte \(zero) is zero: this is no text file")
    }
  }

  private init(bytes: [UInt8], path: String, separator: UInt8) {
    self.bytes = bytes
    self.path = path
    self.separator = separator
  }

  private mutating func scan(skip: Int) throws(DataError) {
    try CSVParser.checkIsText(bytes, path)
    // A cell takes 24 bytes here, and a comma makes one.
    let most = Files.largest / 48
    var at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var line = 1
    while line <= skip && at < bytes.count { endOfLine(&at, &line) }
    while at < bytes.count {
      if isBlankLine(at) {
        endOfLine(&at, &line)
        continue
      }
      let first = cells.count
      let startLine = line
      try scanRow(&at, &line)
      let found = cells.count - first
      if lines.isEmpty { width = found }
      lines.append(startLine)
      guard cells.count <= most else {
        throw .broken(path, line: startLine, "more than \(most) cells are not read")
      }
      if lines.count & 0xFFF == 0 && Interrupt.isSet {
        throw DataError("interrupted", "interrupted")
      }
      guard found == width else {
        throw .broken(
          path, line: startLine,
          "row \(lines.count) has \(found) \(found == 1 ? "cell" : "cells"), the first row \(width)"
        )
      }
    }
  }

  private func isBlankLine(_ start: Int) -> Bool {
    var at = start
    while at < bytes.count, bytes[at] == 32 || bytes[at] == 9 { at += 1 }
    return at == bytes.count || bytes[at] == 10 || bytes[at] == 13
  }

  /// Goes behind the next end of a line.
  private func endOfLine(_ at: inout Int, _ line: inout Int) {
    while at < bytes.count, bytes[at] != 10, bytes[at] != 13 { at += 1 }
    if at < bytes.count, bytes[at] == 13 { at += 1 }
    if at < bytes.count, bytes[at] == 10, at == 0 || bytes[at - 1] == 13 || bytes[at] == 10 {
      at += 1
    }
    line += 1
  }

  private mutating func scanRow(_ at: inout Int, _ line: inout Int) throws(DataError) {
    while true {
      while at < bytes.count, bytes[at] == 32 { at += 1 }
      if at < bytes.count, bytes[at] == 34 {
        try scanQuoted(&at, &line)
      } else {
        let start = at
        while at < bytes.count, bytes[at] != separator, bytes[at] != 10, bytes[at] != 13 { at += 1 }
        var end = at
        while end > start, bytes[end - 1] == 32 { end -= 1 }
        cells.append((start, end, false))
      }
      if at < bytes.count, bytes[at] == separator {
        at += 1
        continue
      }
      endOfLine(&at, &line)
      return
    }
  }

  private mutating func scanQuoted(_ at: inout Int, _ line: inout Int) throws(DataError) {
    let firstLine = line
    at += 1
    let start = at
    while true {
      guard at < bytes.count else {
        throw .broken(path, line: firstLine, "a quoted cell has no closing `\"`")
      }
      if bytes[at] == 10 { line += 1 }
      if bytes[at] == 34 {
        guard at + 1 < bytes.count, bytes[at + 1] == 34 else { break }
        at += 1
      }
      at += 1
    }
    cells.append((start, at, true))
    at += 1
    while at < bytes.count, bytes[at] == 32 { at += 1 }
    guard at == bytes.count || bytes[at] == separator || bytes[at] == 10 || bytes[at] == 13 else {
      throw .broken(path, line: line, "text follows the closing `\"` of a cell")
    }
  }

  // MARK: - From cells to columns

  private func table(header: Bool?) throws(DataError) -> CSVData {
    guard !lines.isEmpty else { throw .broken(path, line: 1, "the file is empty") }
    let hasHeader = header ?? looksLikeHeader()
    let first = hasHeader ? 1 : 0
    var columns: [CSVData.Column] = []
    for column in 0..<width {
      if let numbers = numbers(column, from: first) {
        columns.append(.numbers(numbers))
      } else {
        var texts: [String] = []
        texts.reserveCapacity(lines.count - first)
        for row in first..<lines.count { texts.append(try text(row, column)) }
        columns.append(.texts(texts))
      }
    }
    var names: [String]?
    if hasHeader {
      var found: [String] = []
      for column in 0..<width { found.append(try text(0, column)) }
      names = found
    }
    return CSVData(names: names, columns: columns, rowCount: lines.count - first)
  }

  /// A header stands where no cell of the first row is a number and at least one holds a word.
  private func looksLikeHeader() -> Bool {
    var words = 0
    for column in 0..<width {
      let cell = cells[column]
      if cell.start == cell.end { continue }
      if number(cell.start, cell.end) != nil { return false }
      words += 1
    }
    return words > 0
  }

  private func numbers(_ column: Int, from first: Int) -> [Double]? {
    var result: [Double] = []
    result.reserveCapacity(lines.count - first)
    for row in first..<lines.count {
      let cell = cells[row * width + column]
      if cell.start == cell.end {
        result.append(.nan)
      } else if let value = number(cell.start, cell.end) {
        result.append(value)
      } else {
        return nil
      }
    }
    return result
  }

  private func text(_ row: Int, _ column: Int) throws(DataError) -> String {
    let cell = cells[row * width + column]
    guard let text = String(validating: bytes[cell.start..<cell.end], as: UTF8.self) else {
      throw .broken(path, line: lines[row], "column \(column + 1) is not UTF-8 text")
    }
    return cell.hasQuotes ? text.replacing("\"\"", with: "\"") : text
  }

  private func number(_ start: Int, _ end: Int) -> Double? {
    CSVParser.number(bytes, start, end)
  }

  /// A decimal number, or nil. Short ones, which files are full of, are read by hand.
  package static func number(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Double? {
    var at = start
    var isNegative = false
    if at < end, bytes[at] == 45 || bytes[at] == 43 {
      isNegative = bytes[at] == 45
      at += 1
    }
    var mantissa = 0
    var digits = 0
    var decimals = 0
    var sawPoint = false
    while at < end {
      let byte = bytes[at]
      if byte >= 48 && byte <= 57 {
        mantissa = mantissa &* 10 &+ Int(byte &- 48)
        digits += 1
        if sawPoint { decimals += 1 }
      } else if byte == 46 && !sawPoint {
        sawPoint = true
      } else {
        break
      }
      at += 1
    }
    if at == end && digits > 0 && digits <= 15 {
      // Both are exact in a Double, so that one division rounds correctly.
      let value = Double(mantissa) / powersOfTen[decimals]
      return isNegative ? -value : value
    }
    return slowNumber(bytes, start, end)
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  /// Exponents, long numbers, and the words for a missing or an infinite one.
  private static func slowNumber(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Double? {
    guard end - start <= 400, bytes[start..<end].allSatisfy({ $0 > 32 && $0 < 127 }) else {
      return nil
    }
    let text = String(decoding: bytes[start..<end], as: UTF8.self)
    if ["na", "n/a", "null"].contains(text.lowercased()) { return .nan }
    // `Double` would take hexadecimal and `nan(…)` too.
    if text.contains("x") || text.contains("X") || text.contains("(") { return nil }
    return Double(text)
  }
}
