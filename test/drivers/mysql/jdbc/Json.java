import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;

/** The little JSON that lines of results need. */
final class Json {
  private static final PrintStream OUT = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);

  static void say(Object value) {
    OUT.println(text(value));
  }

  private static String text(Object value) {
    if (value == null || value instanceof Boolean || value instanceof Number) return String.valueOf(value);
    if (value instanceof Map<?, ?> map) return map.entrySet().stream().map(each -> quoted(String.valueOf(each.getKey())) + ":" + text(each.getValue())).collect(Collectors.joining(",", "{", "}"));
    if (value instanceof Iterable<?> list) {
      var parts = new java.util.ArrayList<String>();
      for (Object each : list) parts.add(text(each));
      return "[" + String.join(",", parts) + "]";
    }
    return quoted(String.valueOf(value));
  }

  private static String quoted(String text) {
    var out = new StringBuilder("\"");
    for (char unit : text.toCharArray()) {
      if (unit == '"' || unit == '\\') out.append('\\').append(unit);
      else if (unit < ' ') out.append(String.format("\\u%04x", (int) unit));
      else out.append(unit);
    }
    return out.append('"').toString();
  }
}
