// Pictures: PNG by libpng, PGM and PPM by hand. Channels first, values 0 to 1.

import CPNG

/// A picture of bytes, as files hold it: row by row, the channels of a pixel side by side.
package struct Picture: Sendable, Equatable {
  package var width: Int
  package var height: Int
  /// 1 (gray) or 3 (red, green, blue).
  package var channels: Int
  package var bytes: [UInt8]

  package init(width: Int, height: Int, channels: Int, bytes: [UInt8]) {
    self.width = width
    self.height = height
    self.channels = channels
    self.bytes = bytes
  }

  /// Width and height may be at most this, so that a few bytes cannot ask for gigabytes.
  static let largestSide = 32768
  static let largestArea = 1 << 26

  static func check(width: Int, height: Int, _ path: String) throws(DataError) {
    guard width > 0, height > 0, width <= largestSide, height <= largestSide,
      width * height <= largestArea
    else {
      throw .broken(path, byte: 0, "a picture of \(width) x \(height) pixels is not read")
    }
  }
}

package enum Images {
  /// The extensions that `load_images` looks for.
  package static let extensions: Set<String> = ["png", "pgm", "ppm", "pnm"]

  package static func load(_ path: String) throws(DataError) -> Picture {
    try decode(
      Files.readPlain(path) { (head, path) throws(DataError) in _ = try isPNG(head, path) }, path)
  }

  package static func decode(_ bytes: [UInt8], _ path: String) throws(DataError) -> Picture {
    try isPNG(bytes, path) ? try decodePNG(bytes, path) : try PNM.decode(bytes, path)
  }

  /// Whether a file that begins so is PNG or else PGM or PPM; an error where it is neither.
  private static func isPNG(_ bytes: [UInt8], _ path: String) throws(DataError) -> Bool {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return true }
    if bytes.count > 2, bytes[0] == 0x50, (0x32...0x36).contains(bytes[1]) { return false }
    if bytes.starts(with: [0xFF, 0xD8]) {
      throw .broken(
        path, byte: 0, "JPEG pictures are not read",
        help: ["turn it into PNG, e.g. `convert a.jpg a.png`"])
    }
    throw .broken(path, byte: 0, "this is neither a PNG nor a PGM or PPM picture")
  }

  private static func decodePNG(_ bytes: [UInt8], _ path: String) throws(DataError) -> Picture {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    var picture: Picture?
    var problem: DataError?
    bytes.withUnsafeBytes { source in
      guard png_image_begin_read_from_memory(&image, source.baseAddress, source.count) != 0 else {
        return
      }
      do throws(DataError) {
        try Picture.check(width: Int(image.width), height: Int(image.height), path)
      } catch {
        problem = error
        return
      }
      let isColour = image.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0
      image.format = isColour ? UInt32(dls_png_rgb) : UInt32(dls_png_gray)
      let channels = isColour ? 3 : 1
      let size = Int(image.width) * Int(image.height) * channels
      // A PNG of that size has at least a thousandth of its bytes: deflate cannot do better.
      guard size / 1100 <= source.count else { return }
      var pixels = [UInt8](repeating: 0, count: size)
      // Transparent pictures are laid on white, as paper would show them.
      var white = png_color(red: 255, green: 255, blue: 255)
      if png_image_finish_read(&image, &white, &pixels, 0, nil) != 0 {
        picture = Picture(
          width: Int(image.width), height: Int(image.height), channels: channels, bytes: pixels)
      }
    }
    if let problem { throw problem }
    if let picture { return picture }
    let message = withUnsafeBytes(of: &image.message) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    throw .broken(
      path, byte: 0,
      "the PNG picture is damaged\(message.isEmpty ? "" : " (\(message))")")
  }

  package static func encodePNG(_ picture: Picture, _ path: String) throws(DataError) -> [UInt8] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = UInt32(picture.width)
    image.height = UInt32(picture.height)
    image.format =
      picture.channels == 3 ? UInt32(dls_png_rgb) : UInt32(dls_png_gray)
    defer { png_image_free(&image) }
    var size = picture.bytes.count * 2 + 4096
    var result = [UInt8](repeating: 0, count: size)
    guard png_image_write_to_memory(&image, &result, &size, 0, picture.bytes, 0, nil) != 0 else {
      throw .unwritable(path, "libpng refuses the picture")
    }
    return Array(result[0..<size])
  }

  /// The file format that a name asks for.
  package static func encode(_ picture: Picture, _ path: String) throws(DataError) -> [UInt8] {
    let ending = path.lowercased()
    if ending.hasSuffix(".png") { return try encodePNG(picture, path) }
    if ending.hasSuffix(".pgm") || ending.hasSuffix(".ppm") || ending.hasSuffix(".pnm") {
      return PNM.encode(picture)
    }
    throw DataError(
      "bad-file", "cannot write \(quoted(path)): its format is not known",
      help: ["names end with .png, .pgm or .ppm"])
  }
}
