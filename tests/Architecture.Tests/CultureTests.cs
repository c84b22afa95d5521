using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Orchestrator.Architecture.Tests;

/// <summary>
/// What a program says does not depend on the culture of the machine, also where the library is a part of another program. The compiler warns of
/// calls that could name a culture (CA1305) but not of interpolated strings, so this reads what the built assemblies do.
/// </summary>
public sealed class CultureTests
{
    private static readonly Type[] Always =
        [typeof(double), typeof(float), typeof(decimal), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly)];
    private static readonly Type[] Whole = [typeof(int), typeof(long), typeof(uint), typeof(ulong), typeof(short), typeof(byte)];
    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields().Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => c.Value);

    [Theory]
    [InlineData("Messages")]
    [InlineData("Domain")]
    [InlineData("Actors")]
    [InlineData("Choria")]
    [InlineData("NodeAgent")]
    public void Numbers_and_times_are_written_in_one_way_whatever_the_machine_s_culture(string project) =>
        Assert.Equal("", string.Join(
            Environment.NewLine,
            Repository.Load(project).GetTypes().SelectMany(Methods).SelectMany(m => Found(m).Select(f => $"{m.DeclaringType}.{m.Name}: {f}"))));

    [Fact]
    public void What_depends_on_the_culture_is_found() =>
        Assert.Equal(
            ["Double", "Int32", "DateTimeOffset.ToString"],
            Methods(typeof(CultureTests)).Where(m => m.Name == nameof(Dependent)).SelectMany(Found).ToArray());

    private static string Dependent(double number, DateTimeOffset time, int count) =>
        $"{number:0.0}{count:N0}{count}{time:u}" + time.ToString("yyyy") + string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{number}");

    private static IEnumerable<MethodBase> Methods(Type type)
    {
        const BindingFlags own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        // What the compiler writes of a record is for the debugger.
        return type.GetMethods(own).Cast<MethodBase>().Concat(type.GetConstructors(own)).Where(m => m.Name != "PrintMembers");
    }

    private static IEnumerable<string> Found(MethodBase method)
    {
        var hasCulture = false;
        string? text = null;
        foreach (var (code, operand) in Instructions(method))
        {
            if (operand is MethodBase { DeclaringType: { } on } called)
            {
                if (on == typeof(DefaultInterpolatedStringHandler) && called.IsConstructor)
                {
                    hasCulture = called.GetParameters().Length > 2;
                }
                else if (on == typeof(DefaultInterpolatedStringHandler) && called.IsGenericMethod && !hasCulture
                    && DependsOnCulture(called.GetGenericArguments()[0], Format(called, text)) is { } type)
                {
                    yield return type.Name;
                }
                else if (called.Name == nameof(ToString) && called.GetParameters().All(p => p.ParameterType == typeof(string))
                    && DependsOnCulture(on, Format(called, text)) is { } told)
                {
                    yield return $"{told.Name}.ToString";
                }
            }
            text = code == OpCodes.Ldstr ? operand as string : null;
        }
    }

    private static string? Format(MethodBase called, string? text) => called.GetParameters().Any(p => p.ParameterType == typeof(string)) ? text : null;

    private static Type? DependsOnCulture(Type type, string? format)
    {
        var what = Nullable.GetUnderlyingType(type) ?? type;
        return Always.Contains(what) && format is not ("u" or "s" or "o" or "O" or "r" or "R") ? what
            : Whole.Contains(what) && format is ['N' or 'n' or 'P' or 'p' or 'C' or 'c' or 'F' or 'f' or 'E' or 'e', ..] ? what
            : what == typeof(TimeSpan) && format is "g" or "G" ? what
            : null;
    }

    private static IEnumerable<(OpCode Code, object? Operand)> Instructions(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } il)
            yield break;
        var ofType = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        var ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < il.Length;)
        {
            var code = Codes[il[at] == 0xfe ? (short)(0xfe00 | il[at + 1]) : il[at]];
            at += code.Size;
            yield return (code, code.OperandType switch
            {
                OperandType.InlineMethod => method.Module.ResolveMethod(BitConverter.ToInt32(il, at), ofType, ofMethod),
                OperandType.InlineString => method.Module.ResolveString(BitConverter.ToInt32(il, at)),
                _ => null,
            });
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(il, at),
                _ => 4,
            };
        }
    }
}
