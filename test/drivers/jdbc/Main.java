import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/** PostgreSQL's JDBC driver: run with `equal`, `held` or `catalog`. */
public final class Main {
  interface Scenario {
    Map<String, Object> run() throws Exception;
  }

  public static void main(String[] args) throws Exception {
    Map<String, Scenario> scenarios;
    try (Connection connection = connect()) {
      scenarios = args[0].equals("held") ? new Held(connection).scenarios() : new Equal(connection).scenarios();
      if (args[0].equals("catalog")) scenarios.keySet().retainAll(Set.of("catalog"));
      for (var scenario : scenarios.entrySet()) {
        var line = new LinkedHashMap<String, Object>();
        line.put("scenario", scenario.getKey());
        try {
          line.put("result", scenario.getValue().run());
        } catch (Exception error) {
          var trace = new java.io.StringWriter();
          error.printStackTrace(new java.io.PrintWriter(trace));
          line.put("failed", trace.toString());
        }
        Json.say(line);
      }
    }
  }

  /** Prepared on the server from the first run on. */
  static Connection connect(String... more) throws SQLException {
    Map<String, String> env = System.getenv();
    var properties = new Properties();
    properties.setProperty("user", env.get("PGUSER"));
    properties.setProperty("password", env.get("PGPASSWORD"));
    properties.setProperty("prepareThreshold", "1");
    properties.setProperty("sslmode", env.get("PGSSLMODE"));
    properties.setProperty("gssEncMode", "disable");
    if (env.containsKey("PGSSLROOTCERT")) properties.setProperty("sslrootcert", env.get("PGSSLROOTCERT"));
    for (int index = 0; index < more.length; index += 2) properties.setProperty(more[index], more[index + 1]);
    return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + env.get("PGPORT") + "/" + env.get("PGDATABASE"), properties);
  }

  static Map<String, Object> map(Object... pairs) {
    var map = new LinkedHashMap<String, Object>();
    for (int index = 0; index < pairs.length; index += 2) map.put((String) pairs[index], pairs[index + 1]);
    return map;
  }
}
