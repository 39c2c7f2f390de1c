<?php
/**
 * Pages, posts and other contents that the owner chose, as the assistant sees them.
 *
 * @package Chatello
 */

namespace Chatello;

final class Content {
	const PASSAGE = 700;

	/** Passages that fit a question, best first: {id, title, url, text}. */
	public static function search( string $query, array $types, int $limit = 4 ): array {
		$types = array_values( array_filter( $types, 'is_post_type_viewable' ) );
		if ( array() === $types ) {
			return array();
		}
		$scores = TextSearch::scores( mb_substr( $query, 0, 300 ), $types, array( 'category', 'post_tag' ), '' );
		arsort( $scores );
		$found = array();
		foreach ( array_keys( $scores ) as $id ) {
			$post = get_post( $id );
			if ( ! $post || 'publish' !== $post->post_status || '' !== $post->post_password || ! in_array( $post->post_type, $types, true ) ) {
				continue;
			}
			$found[] = array( 'id' => $id, 'title' => html_entity_decode( get_the_title( $post ), ENT_QUOTES, 'UTF-8' ), 'url' => get_permalink( $post ), 'text' => self::passage( $post->post_content, TextSearch::stems( $query ) ) );
			if ( count( $found ) >= $limit ) {
				break;
			}
		}
		return $found;
	}

	/** The part of a text in which the words are. Shortcodes and dynamic blocks are not run. */
	private static function passage( string $content, array $stems ): string {
		$text  = trim( preg_replace( '/\s+/u', ' ', html_entity_decode( wp_strip_all_tags( preg_replace( '#</(p|li|h[1-6]|td|div)>|<br\s*/?>#i', ' $0', strip_shortcodes( excerpt_remove_blocks( $content ) ) ) ), ENT_QUOTES, 'UTF-8' ) ) );
		$plain = strtolower( remove_accents( mb_strtolower( $text ) ) );
		$first = mb_strlen( $text );
		foreach ( $stems as $stem ) {
			$at    = mb_strpos( $plain, $stem );
			$first = false === $at ? $first : min( $first, $at );
		}
		$start = $first === mb_strlen( $text ) ? 0 : max( 0, $first - 150 );
		return ( $start > 0 ? '…' : '' ) . mb_substr( $text, $start, self::PASSAGE ) . ( mb_strlen( $text ) > $start + self::PASSAGE ? '…' : '' );
	}
}
