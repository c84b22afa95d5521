using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Orchestrator.Host.Events;

namespace Orchestrator.Host.Tests.Events;

public sealed class EventAnswersTests
{
    [Fact]
    public async Task A_follower_who_is_gone_while_nothing_happens_ends_the_feed()
    {
        var isEnded = false;
        var http = new DefaultHttpContext();
        http.Response.Body = new BrokenStream();

        await Until.DoneAsync(Assert.ThrowsAsync<IOException>(() => EventAnswers.WriteStreamAsync(http.Response, QuietAsync(), default)));
        Assert.True(isEnded);

        async IAsyncEnumerable<FeedItem> QuietAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                yield return new FeedItem.Quiet();
                await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            }
            finally
            {
                isEnded = true;
            }
        }
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("the follower is gone");
    }
}
