import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** What is held, decided by a person meanwhile. */
final class Held {
  private static final String REASON = "not today: ask in the morning – ü";
  private static final Pattern DETAIL = Pattern.compile("\\{\"code\":\"(\\w+)\".*\\}");

  private final Connection connection;
  private final Sql sql;

  Held(Connection connection) {
    this.connection = connection;
    sql = new Sql(connection);
  }

  Map<String, Main.Scenario> scenarios() {
    var all = new LinkedHashMap<String, Main.Scenario>();
    all.put("approved", () -> Main.map("affected", insert(sql, "approved", "held")));
    all.put("denied", () -> refused("denied", "held"));
    all.put("denied-in-transaction", this::deniedInTransaction);
    all.put("approved-in-transaction", this::approvedInTransaction);
    all.put("expired", () -> refused("expired", "hasty"));
    all.put("cancelled", this::cancelled);
    all.put("prepared", this::prepared);
    all.put("batch", this::batch);
    all.put("forbidden", () -> refused("forbidden", "forbidden"));
    all.put("portions", this::portions);
    all.put("disconnected", this::disconnected);
    return all;
  }

  private static int insert(Sql sql, String marker, String into) throws SQLException {
    return sql.run("insert into " + into + " (id) values (1) /* " + marker + " */");
  }

  private Map<String, Object> refused(String marker, String into) throws Exception {
    SQLException error = Sql.error(() -> insert(sql, marker, into));
    var detail = DETAIL.matcher(error.getMessage());
    return Main.map("errno", error.getErrorCode(), "state", error.getSQLState(), "reason", error.getMessage().contains(REASON), "detail", detail.find() ? detail.group(1) : null, "after", sql.after());
  }

  private long kept(int id) throws SQLException {
    return sql.number("select count(*) from items where id = ?", id);
  }

  private Map<String, Object> deniedInTransaction() throws Exception {
    connection.setAutoCommit(false);
    sql.run("insert into items values (3001, 'with denied', null)");
    Integer errno = Sql.errno(() -> insert(sql, "denied-in-transaction", "held"));
    long inside = sql.after();
    connection.commit();
    connection.setAutoCommit(true);
    var result = Main.map("errno", errno, "inside", inside, "kept", kept(3001));
    sql.run("delete from items where id = 3001");
    return result;
  }

  private Map<String, Object> approvedInTransaction() throws SQLException {
    connection.setAutoCommit(false);
    sql.run("insert into items values (3002, 'with approved', null)");
    int affected = insert(sql, "approved-in-transaction", "held");
    connection.commit();
    connection.setAutoCommit(true);
    var result = Main.map("affected", affected, "kept", kept(3002));
    sql.run("delete from items where id = 3002");
    return result;
  }

  private Map<String, Object> cancelled() throws Exception {
    try (var statement = connection.createStatement()) {
      Integer[] errno = new Integer[1];
      var running = new Thread(() -> {
        try {
          errno[0] = Sql.errno(() -> statement.executeUpdate("insert into held (id) values (1) /* cancelled */"));
        } catch (Exception error) {
          errno[0] = -1;
        }
      });
      running.start();
      waits("cancelled");
      statement.cancel();
      running.join();
      return Main.map("errno", errno[0], "after", sql.after());
    }
  }

  private Map<String, Object> prepared() throws SQLException {
    var results = new ArrayList<Integer>();
    try (var preparing = Main.connectPreparing(); var statement = preparing.prepareStatement("insert into held (id) values (?) /* prepared */")) {
      for (int id = 1; id <= 3; id++) {
        statement.setInt(1, id);
        try {
          results.add(statement.executeUpdate());
        } catch (SQLException error) {
          results.add(error.getErrorCode());
        }
      }
      return Main.map("results", results, "after", new Sql(preparing).after());
    }
  }

  private Map<String, Object> batch() throws Exception {
    String both = "insert into items values (3003, 'in a batch', null); insert into held (id) values (1) /* batch */";
    sql.several(both);
    long ran = kept(3003);
    sql.run("delete from items where id = 3003");
    Integer errno = Sql.errno(() -> sql.several(both));
    return Main.map("ran", ran, "kept", kept(3003), "errno", errno, "after", sql.after());
  }

  /** Through a cursor of the server's, approved once. */
  private Map<String, Object> portions() throws SQLException {
    long rows = 0;
    long sum = 0;
    try (var preparing = Main.connectPreparing("useCursorFetch", "true"); var statement = preparing.prepareStatement("select id from vault order by id /* portions */")) {
      statement.setFetchSize(700);
      try (var result = statement.executeQuery()) {
        while (result.next()) {
          rows++;
          sum += result.getLong(1);
        }
      }
    }
    return Main.map("rows", rows, "sum", sum);
  }

  private Map<String, Object> disconnected() throws Exception {
    Connection leaving = Main.connect();
    var running = new Thread(() -> {
      try {
        Sql.error(() -> insert(new Sql(leaving), "disconnected", "held"));
      } catch (Exception error) {
        // it is lost
      }
    });
    running.setDaemon(true);
    running.start();
    waits("disconnected");
    leaving.abort(Runnable::run);
    running.join(5000);
    return Main.map();
  }

  /** Returns when a statement with this marker waits for approval. */
  private static void waits(String marker) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(System.getenv("DB_REQUESTS"))).header("Authorization", "Bearer " + System.getenv("DB_TOKEN")).build();
    while (!HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body().contains("/* " + marker + " */")) Thread.sleep(20);
  }
}
