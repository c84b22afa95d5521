using System.Buffers;
using System.Text;

namespace Orchestrator.Domain.Sites;

/// <summary>
/// Whether names that are different look the same because an accented letter is one character in one of them, and a letter with a combining mark after it in
/// the other. The runtime cannot tell: without ICU its normalization changes nothing. Known are the letters of Latin alphabets (U+00C0 to U+024F, U+1E00 to
/// U+1EFF).
/// </summary>
internal static class UnicodeForms
{
    /// <summary>Pairs of a letter and the same letter with the mark.</summary>
    private static readonly (char Mark, string Pairs)[] Marks =
    [
        ('\u0300', "AÀEÈIÌOÒUÙaàeèiìoòuùÜǛüǜNǸnǹĒḔēḕŌṐōṑWẀwẁÂẦâầĂẰăằÊỀêềÔỒôồƠỜơờƯỪưừYỲyỳ"),
        ('\u0301',
            "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyýCĆcćLĹlĺNŃnńRŔrŕSŚsśZŹzźÜǗüǘGǴgǵÅǺåǻÆǼæǽØǾøǿÇḈçḉĒḖēḗÏḮïḯKḰkḱMḾmḿÕṌõṍŌṒōṓPṔpṕŨṸũṹWẂwẃÂẤâấĂẮăắÊẾêế" +
            "ÔỐôốƠỚơớƯỨưứ"),
        ('\u0302', "AÂEÊIÎOÔUÛaâeêiîoôuûCĈcĉGĜgĝHĤhĥJĴjĵSŜsŝWŴwŵYŶyŷZẐzẑẠẬạậẸỆẹệỌỘọộ"),
        ('\u0303', "AÃNÑOÕaãnñoõIĨiĩUŨuũVṼvṽÂẪâẫĂẴăẵEẼeẽÊỄêễÔỖôỗƠỠơỡƯỮưữYỸyỹ"),
        ('\u0304', "AĀaāEĒeēIĪiīOŌoōUŪuūÜǕüǖÄǞäǟȦǠȧǡÆǢæǣǪǬǫǭÖȪöȫÕȬõȭȮȰȯȱYȲyȳGḠgḡḶḸḷḹṚṜṛṝ"),
        ('\u0306', "AĂaăEĔeĕGĞgğIĬiĭOŎoŏUŬuŭȨḜȩḝẠẶạặ"),
        ('\u0307', "CĊcċEĖeėGĠgġIİZŻzżAȦaȧOȮoȯBḂbḃDḊdḋFḞfḟHḢhḣMṀmṁNṄnṅPṖpṗRṘrṙSṠsṡŚṤśṥŠṦšṧṢṨṣṩTṪtṫWẆwẇXẊxẋYẎyẏſẛ"),
        ('\u0308', "AÄEËIÏOÖUÜaäeëiïoöuüyÿYŸHḦhḧÕṎõṏŪṺūṻWẄwẅXẌxẍtẗ"),
        ('\u0309', "AẢaảÂẨâẩĂẲăẳEẺeẻÊỂêểIỈiỉOỎoỏÔỔôổƠỞơởUỦuủƯỬưửYỶyỷ"),
        ('\u030a', "AÅaåUŮuůwẘyẙ"),
        ('\u030b', "OŐoőUŰuű"),
        ('\u030c', "CČcčDĎdďEĚeěLĽlľNŇnňRŘrřSŠsšTŤtťZŽzžAǍaǎIǏiǐOǑoǒUǓuǔÜǙüǚGǦgǧKǨkǩƷǮʒǯjǰHȞhȟ"),
        ('\u030f', "AȀaȁEȄeȅIȈiȉOȌoȍRȐrȑUȔuȕ"),
        ('\u0311', "AȂaȃEȆeȇIȊiȋOȎoȏRȒrȓUȖuȗ"),
        ('\u031b', "OƠoơUƯuư"),
        ('\u0323', "BḄbḅDḌdḍHḤhḥKḲkḳLḶlḷMṂmṃNṆnṇRṚrṛSṢsṣTṬtṭVṾvṿWẈwẉZẒzẓAẠaạEẸeẹIỊiịOỌoọƠỢơợUỤuụƯỰưựYỴyỵ"),
        ('\u0324', "UṲuṳ"),
        ('\u0325', "AḀaḁ"),
        ('\u0326', "SȘsșTȚtț"),
        ('\u0327', "CÇcçGĢgģKĶkķLĻlļNŅnņRŖrŗSŞsşTŢtţEȨeȩDḐdḑHḨhḩ"),
        ('\u0328', "AĄaąEĘeęIĮiįUŲuųOǪoǫ"),
        ('\u032d', "DḒdḓEḘeḙLḼlḽNṊnṋTṰtṱUṶuṷ"),
        ('\u032e', "HḪhḫ"),
        ('\u0330', "EḚeḛIḬiḭUṴuṵ"),
        ('\u0331', "BḆbḇDḎdḏKḴkḵLḺlḻNṈnṉRṞrṟTṮtṯZẔzẕhẖ"),
    ];

    private static readonly Dictionary<char, string> Parts =
        Marks.SelectMany(m => m.Pairs.Chunk(2), (m, pair) => (Whole: pair[1], Parts: $"{pair[0]}{m.Mark}")).ToDictionary(p => p.Whole, p => p.Parts);

    private static readonly SearchValues<char> Whole = SearchValues.Create([.. Parts.Keys]);

    /// <summary>The name with each accented letter as a letter and its marks; equal for names that look alike.</summary>
    public static string Decomposed(string name)
    {
        while (name.AsSpan().ContainsAny(Whole))
        {
            var parts = new StringBuilder(name.Length + 8);
            foreach (var c in name)
                _ = Parts.TryGetValue(c, out var pair) ? parts.Append(pair) : parts.Append(c);
            name = parts.ToString();
        }

        return name;
    }

    public static bool LookAlike(string a, string b) => a != b && !Ascii.IsValid(a) && Decomposed(a) == Decomposed(b);

    /// <summary>Names that look alike, together.</summary>
    public static IEnumerable<IReadOnlyList<string>> LookAlikes(IReadOnlyList<string> names)
    {
        // Nearly always all names are ASCII: a look that costs little.
        List<string> odd = [.. names.Where(n => !Ascii.IsValid(n))];
        return odd.GroupBy(Decomposed, StringComparer.Ordinal).Where(g => g.Skip(1).Any()).Select(g => (IReadOnlyList<string>)[.. g]);
    }
}
