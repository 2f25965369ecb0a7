import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

final class Held {
  private static final String REASON = "not today: ask in the morning \u2013 \u00fc";

  private final Connection connection;
  private final Sql sql;

  Held(Connection connection) {
    this.connection = connection;
    this.sql = new Sql(connection);
  }

  Map<String, Main.Scenario> scenarios() {
    var all = new LinkedHashMap<String, Main.Scenario>();
    all.put("approved", this::approved);
    all.put("denied", this::denied);
    all.put("denied-in-transaction", this::deniedInTransaction);
    all.put("approved-in-transaction", this::approvedInTransaction);
    all.put("expired", this::expired);
    all.put("cancelled", this::cancelled);
    all.put("prepared", this::prepared);
    all.put("pipelined", this::pipelined);
    all.put("forbidden", this::forbidden);
    all.put("copied-in", this::copiedIn);
    all.put("copied-out", this::copiedOut);
    all.put("portions", this::portions);
    all.put("disconnected", this::disconnected);
    return all;
  }

  private static String insert(String marker, String into) {
    return "insert into " + into + " (id) values (?) returning id /* " + marker + " */";
  }

  private int insert(String marker, int id) throws SQLException {
    return sql.number(insert(marker, "held"), id);
  }

  /** Waits for the notice, as it comes while the statement runs. */
  private static void noticed(Statement statement) throws Exception {
    for (int turn = 0; statement.getWarnings() == null; turn++) {
      if (turn == 2000) throw new IllegalStateException("no notice came");
      Thread.sleep(10);
    }
  }

  private int kept(String label) throws SQLException {
    return sql.number("select count(*) from items where label = ?", label);
  }

  private Map<String, Object> approved() throws Exception {
    try (var statement = connection.prepareStatement(insert("approved", "held"))) {
      statement.setInt(1, 1);
      var rows = statement.executeQuery();
      rows.next();
      return Main.map("returned", rows.getInt(1), "noticed", statement.getWarnings() != null);
    }
  }

  private Map<String, Object> denied() throws Exception {
    var fields = Sql.fields(Sql.error(() -> insert("denied", 1)));
    return Main.map("state", fields.getSQLState(), "reason", fields.getMessage().contains(REASON), "detail", code(fields.getDetail()), "after", sql.after());
  }

  private static String code(String detail) {
    return detail.replaceFirst(".*\"code\":\"([a-z_]+)\".*", "$1");
  }

  private Map<String, Object> deniedInTransaction() throws Exception {
    connection.setAutoCommit(false);
    sql.run("insert into items values (2001, 'with denied')");
    String state = Sql.state(() -> insert("denied-in-transaction", 1));
    String inFailed = sql.state("select 1");
    connection.rollback();
    connection.setAutoCommit(true);
    return Main.map("state", state, "inFailed", inFailed, "after", sql.after(), "kept", kept("with denied"));
  }

  private Map<String, Object> approvedInTransaction() throws Exception {
    connection.setAutoCommit(false);
    sql.run("insert into items values (2002, 'with approved')");
    int returned = insert("approved-in-transaction", 2);
    connection.commit();
    connection.setAutoCommit(true);
    var result = Main.map("returned", returned, "kept", kept("with approved"));
    sql.run("delete from items where id = 2002");
    return result;
  }

  private Map<String, Object> expired() throws Exception {
    var fields = Sql.fields(Sql.error(() -> sql.number(insert("expired", "hasty"), 1)));
    return Main.map("state", fields.getSQLState(), "detail", code(fields.getDetail()), "after", sql.after());
  }

  private Map<String, Object> cancelled() throws Exception {
    try (var statement = connection.prepareStatement(insert("cancelled", "held"))) {
      statement.setInt(1, 1);
      var cancelling = new Thread(() -> {
        try {
          noticed(statement);
          statement.cancel();
        } catch (Exception error) {
          error.printStackTrace();
        }
      });
      cancelling.start();
      String state = Sql.state(statement::executeQuery);
      cancelling.join();
      return Main.map("state", state, "after", sql.after());
    }
  }

  private Map<String, Object> prepared() throws Exception {
    var results = new ArrayList<Object>();
    try (var statement = connection.prepareStatement(insert("prepared", "held"))) {
      for (int id = 1; id <= 3; id++) {
        statement.setInt(1, id);
        try (var rows = statement.executeQuery()) {
          rows.next();
          results.add(rows.getInt(1));
        } catch (SQLException error) {
          results.add(error.getSQLState());
        }
      }
    }
    return Main.map("results", results, "after", sql.after());
  }

  /** A batch is sent whole, with one Sync. */
  private Map<String, Object> pipelined() throws Exception {
    int before = sql.number("select count(*) from held");
    try (var statement = connection.prepareStatement("insert into held (id) values (?) /* pipelined */")) {
      String[] states = new String[2];
      int[] counts = new int[2];
      for (int turn = 0; turn < 2; turn++) {
        for (int id = 1; id <= 3; id++) {
          statement.setInt(1, id);
          statement.addBatch();
        }
        states[turn] = Sql.state(statement::executeBatch);
        counts[turn] = sql.number("select count(*) from held") - before;
      }
      return Main.map("approved", counts[0], "state", states[1], "after", sql.after(), "inserted", counts[1]);
    }
  }

  private Map<String, Object> forbidden() throws Exception {
    var fields = Sql.fields(Sql.error(() -> sql.number(insert("forbidden", "forbidden"), 1)));
    return Main.map("state", fields.getSQLState(), "detail", code(fields.getDetail()), "after", sql.after());
  }

  private CopyManager copies() throws SQLException {
    return connection.unwrap(PGConnection.class).getCopyAPI();
  }

  private Map<String, Object> copiedIn() throws Exception {
    Sql.Action copy = () -> copies().copyIn("copy held from stdin /* copied-in */", new ByteArrayInputStream("41\tone\n42\ttwo\n".getBytes(StandardCharsets.UTF_8)));
    copy.run();
    int copied = sql.number("select count(*) from held where id in (41, 42)");
    String state = Sql.state(copy);
    sql.run("delete from held where id in (41, 42)");
    return Main.map("copied", copied, "state", state, "after", sql.after());
  }

  private Map<String, Object> copiedOut() throws Exception {
    var out = new ByteArrayOutputStream();
    Sql.Action copy = () -> copies().copyOut("copy vault to stdout /* copied-out */", out);
    copy.run();
    return Main.map("bytes", out.size(), "state", Sql.state(copy), "after", sql.after());
  }

  private Map<String, Object> portions() throws SQLException {
    connection.setAutoCommit(false);
    int count = 0;
    int sum = 0;
    try (var statement = connection.prepareStatement("select id from vault order by id /* portions */")) {
      statement.setFetchSize(700);
      for (var rows = statement.executeQuery(); rows.next(); count++) sum += rows.getInt(1);
    }
    connection.commit();
    connection.setAutoCommit(true);
    return Main.map("rows", count, "sum", sum);
  }

  private Map<String, Object> disconnected() throws Exception {
    Connection leaving = Main.connect();
    var statement = leaving.prepareStatement(insert("disconnected", "held"));
    statement.setInt(1, 1);
    String[] state = new String[1];
    var running = new Thread(() -> {
      try {
        state[0] = Sql.state(statement::executeQuery);
      } catch (Exception error) {
        state[0] = error.toString();
      }
    });
    running.start();
    noticed(statement);
    leaving.abort(Runnable::run);
    running.join();
    return Main.map("state", state[0]);
  }
}
