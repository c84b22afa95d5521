using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Orchestrator.Testing;

/// <summary>
/// Debian's puppetserver with its CA, and with it, where it is asked for, Debian's puppetdb with a PostgreSQL of its own: processes of the test's in one
/// folder, on free ports of localhost, which end with the test. Starting takes some 15 seconds, and 10 more for the database.
/// </summary>
public sealed class PuppetInfrastructure : IAsyncDisposable
{
    private const string Postgres = "postgres";
    private const string Name = "localhost";
    private static readonly TimeSpan StartsWithin = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    private readonly List<Process> _processes = [];
    private string? _data;

    private PuppetInfrastructure(string autosign) => Autosign = autosign;

    /// <summary>Everything is in here.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("puppet-").FullName;

    /// <summary>The port of Puppet Server and its CA; the name is localhost.</summary>
    public int ServerPort { get; } = Ports.Free();

    /// <summary>The port of PuppetDB with mutual TLS.</summary>
    public int DatabasePort { get; } = Ports.Free();

    /// <summary>The port of PuppetDB without TLS.</summary>
    public int PlainDatabasePort { get; } = Ports.Free();

    /// <summary>Whether the CA signs by itself: true, false, or a file with names.</summary>
    public string Autosign { get; }

    /// <summary>puppet.conf, routes.yaml and puppetdb.conf of the server.</summary>
    public string Configuration => Path.Combine(Root, "server", "conf");

    /// <summary>The environments' folder.</summary>
    public string Environments => Path.Combine(Root, "server", "code", "environments");

    /// <summary>The CA's certificate and those above it.</summary>
    public string Authority => Path.Combine(Root, "server", "ssl", "certs", "ca.pem");

    /// <summary>The server's own certificate, which the CA obeys.</summary>
    public string Certificate => Path.Combine(Root, "server", "ssl", "certs", $"{Name}.pem");

    /// <summary>Its key.</summary>
    public string Key => Path.Combine(Root, "server", "ssl", "private_keys", $"{Name}.pem");

    /// <summary>What the server has written so far.</summary>
    public string ServerLog => Read(Path.Combine(Root, "server", "out"));

    /// <summary>What PuppetDB has written so far.</summary>
    public string DatabaseLog => Read(Path.Combine(Root, "database", "out"));

    /// <summary>Starts a server, and a database where it is asked for.</summary>
    /// <param name="autosign">Whether the CA signs by itself: true, false, or a file with names.</param>
    public static async Task<PuppetInfrastructure> StartAsync(bool withDatabase, string autosign = "true")
    {
        var infrastructure = new PuppetInfrastructure(autosign);
        try
        {
            if (withDatabase)
                await infrastructure.StartPostgresAsync();
            await infrastructure.StartServerAsync(withDatabase);
            if (withDatabase)
                await infrastructure.StartDatabaseAsync();
            return infrastructure;
        }
        catch
        {
            await infrastructure.DisposeAsync();
            throw;
        }
    }

    /// <summary>The main manifest of an environment.</summary>
    public void WriteManifest(string environment, string manifest) =>
        Write(Path.Combine(Environments, environment, "manifests", "site.pp"), manifest);

    /// <summary>What the CA's administrator does, such as <c>sign --certname NAME</c>.</summary>
    public Task AuthorityAsync(params string[] words) =>
        RunAsync(["puppetserver", "ca", .. words, "--config", Path.Combine(Configuration, "puppet.conf")]);

    /// <summary>A file of the CA's, such as <c>requests/NAME.pem</c>.</summary>
    public string OfAuthority(string name) => Path.Combine(Root, "server", "ca", name);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
        {
            if (!process.HasExited)
                process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        if (_data is not null)
            await RunAsync(AsPostgres([Tool("pg_ctl"), "stop", "-D", _data, "-m", "immediate"]));
        Directory.Delete(Root, recursive: true);
    }

    private async Task StartPostgresAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root, Postgres)).FullName;
        if (Environment.IsPrivilegedProcess)
        {
            // PostgreSQL does not run as root: its folder belongs to Debian's user for it.
            File.SetUnixFileMode(Root, File.GetUnixFileMode(Root) | UnixFileMode.OtherExecute);
            await RunAsync(["chown", Postgres, folder]);
        }
        _data = Path.Combine(folder, "data");
        await RunAsync(AsPostgres([Tool("initdb"), "-D", _data, "-A", "trust", "-U", "puppetdb", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]));
        var port = Ports.Free();
        var options = string.Create(CultureInfo.InvariantCulture, $"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories={folder} -c fsync=off");
        await RunAsync(AsPostgres([Tool("pg_ctl"), "start", "-w", "-D", _data, "-l", Path.Combine(folder, "log"), "-o", options]));
        string[] there = ["-h", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture), "-U", "puppetdb"];
        await RunAsync(AsPostgres([Tool("createdb"), .. there, "puppetdb"]));
        await RunAsync(AsPostgres([Tool("psql"), .. there, "-qc", "create extension pg_trgm", "puppetdb"]));
        Write(Path.Combine(Root, "database", "conf.d", "database.ini"), string.Create(
            CultureInfo.InvariantCulture, $"[database]\nsubname = //127.0.0.1:{port}/puppetdb\nusername = puppetdb\npassword = none\n"));
    }

    private async Task StartServerAsync(bool withDatabase)
    {
        var folder = Path.Combine(Root, "server");
        Write(Path.Combine(Configuration, "puppet.conf"), $"""
            [main]
            certname = {Name}
            server = {Name}
            serverport = {ServerPort}
            dns_alt_names = {Name}
            ssldir = {folder}/ssl
            cadir = {folder}/ca
            environment_timeout = 0
            autosign = {Autosign}
            {(withDatabase ? "storeconfigs = true\nstoreconfigs_backend = puppetdb" : "")}
            [server]
            {(withDatabase ? "reports = puppetdb" : "")}
            """);
        if (withDatabase)
        {
            Write(Path.Combine(Configuration, "puppetdb.conf"), $"[main]\nserver_urls = https://{Name}:{DatabasePort}\n");
            Write(Path.Combine(Configuration, "routes.yaml"), "---\nmaster:\n  facts:\n    terminus: puppetdb\n    cache: yaml\n");
        }
        WriteManifest("production", "node default { }");
        Write(Path.Combine(folder, "logback.xml"), """
            <configuration>
              <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%d %-5p [%c{2}] %m%n</pattern></encoder></appender>
              <root level="info"><appender-ref ref="OUT"/></root>
            </configuration>
            """);
        const string debian = "/etc/puppet/puppetserver";
        foreach (var file in (string[])["auth.conf", "ca.conf", "metrics.conf", "web-routes.conf"])
            Write(Path.Combine(folder, "conf.d", file), await File.ReadAllTextAsync(Path.Combine(debian, "conf.d", file)));
        Write(Path.Combine(folder, "conf.d", "global.conf"), $"global: {{ logging-config: {folder}/logback.xml }}");
        Write(Path.Combine(folder, "conf.d", "webserver.conf"), $"webserver: {{ client-auth: want, ssl-host: {Name}, ssl-port: {ServerPort} }}");
        Write(Path.Combine(folder, "conf.d", "puppetserver.conf"), $$"""
            jruby-puppet: {
              ruby-load-path: [/usr/lib/puppetserver/ruby/vendor_ruby]
              gem-home: {{folder}}/gems
              gem-path: ["{{folder}}/gems", "/usr/lib/puppetserver/vendored-jruby-gems"]
              server-conf-dir: {{Configuration}}
              server-code-dir: {{folder}}/code
              server-var-dir: {{folder}}/var
              server-run-dir: {{folder}}/run
              server-log-dir: {{folder}}/log
              max-active-instances: 1
            }
            """);
        await StartJavaAsync(
            folder,
            ["-Xmx600m", "-Djruby.lib=/usr/share/jruby/lib", "-Djruby.logger.class=com.puppetlabs.jruby_utils.jruby.Slf4jLogger",
                "-jar", "/usr/share/puppetserver/puppetserver.jar", "--bootstrap-config", $"{debian}/services.d"]);
    }

    private async Task StartDatabaseAsync()
    {
        var folder = Path.Combine(Root, "database");
        Directory.CreateDirectory(Path.Combine(folder, "var"));
        Write(Path.Combine(folder, "conf.d", "config.ini"), $"""
            [global]
            vardir = {folder}/var
            logging-config = {Root}/server/logback.xml
            [puppetdb]
            disable-update-checking = true
            [jetty]
            host = {Name}
            port = {PlainDatabasePort}
            ssl-host = {Name}
            ssl-port = {DatabasePort}
            ssl-key = {Key}
            ssl-cert = {Certificate}
            ssl-ca-cert = {Authority}
            """);
        Write(Path.Combine(folder, "conf.d", "auth.conf"), await File.ReadAllTextAsync("/etc/puppetdb/conf.d/auth.conf"));
        await StartJavaAsync(
            folder,
            ["-Xmx300m", "-cp", "/usr/share/puppetdb/puppetdb.jar", "clojure.main", "-m", "puppetlabs.puppetdb.core", "services",
                "--bootstrap-config", "/etc/puppetdb/bootstrap.cfg"]);
    }

    /// <summary>Both write into a file when they are ready.</summary>
    private async Task StartJavaAsync(string folder, string[] arguments)
    {
        var ready = Path.Combine(folder, "restart");
        string[] all = ["java", "-XX:TieredStopAtLevel=1", .. arguments, "--config", Path.Combine(folder, "conf.d"), "--restart-file", ready];
        var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" > out 2>&1", "sh", .. all]) { WorkingDirectory = folder })!;
        _processes.Add(process);
        await Until.TrueAsync(
            () => process.HasExited
                ? throw new InvalidOperationException($"{arguments[^1]} ended: {Read(Path.Combine(folder, "out"))}")
                : Task.FromResult(File.Exists(ready) && Read(ready).Length > 0),
            $"{folder} is ready", StartsWithin, BetweenLooks);
    }

    private static string Tool(string name) =>
        Directory.GetDirectories("/usr/lib/postgresql").OrderBy(v => int.Parse(Path.GetFileName(v), CultureInfo.InvariantCulture))
            .Select(v => Path.Combine(v, "bin", name)).Last();

    private static string[] AsPostgres(string[] command) => Environment.IsPrivilegedProcess ? ["runuser", "-u", Postgres, "--", .. command] : command;

    private async Task RunAsync(string[] command)
    {
        // A server that pg_ctl starts keeps what it inherits, so there is no pipe to read.
        var log = Path.Combine(Root, "commands");
        using var process = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "out=$1; shift; exec \"$@\" >> \"$out\" 2>&1", "sh", log, .. command]) { WorkingDirectory = "/" })!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)} failed: {Read(log)}");
    }

    private static void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text, new UTF8Encoding(false));
    }

    private static string Read(string file)
    {
        if (!File.Exists(file))
            return "";
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
